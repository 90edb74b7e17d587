/// The version of mcast, the same for all its programs.
public enum Version {
  public static let text = "0.1.0"
}
