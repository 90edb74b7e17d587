#ifndef MCAST_CLINUX_SHIM_H
#define MCAST_CLINUX_SHIM_H
/* No _GNU_SOURCE here: the Glibc module is built without it, and structures such as fd_set would then differ between the two modules. */
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <malloc.h>
#include <fcntl.h>
#include <unistd.h>
#include <signal.h>
#include <sched.h>
#include <time.h>
#include <poll.h>
#include <dirent.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/resource.h>
#include <sys/ioctl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/signalfd.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/icmp6.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netconf.h>
#include <linux/fib_rules.h>
#include <linux/if_tun.h>
#include <linux/filter.h>
#include <linux/capability.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>

#define MC_INLINE static inline __attribute__((always_inline))
MC_INLINE int mc_errno(void) { return errno; }
MC_INLINE int mc_ioctl(int fd, unsigned long req, void *arg) { return ioctl(fd, req, arg); }
MC_INLINE int mc_fcntl(int fd, int cmd, long arg) { return fcntl(fd, cmd, arg); }
MC_INLINE int mc_open(const char *p, int flags, mode_t mode) { return open(p, flags, mode); }
MC_INLINE int mc_prctl(int op, unsigned long a, unsigned long b) { return prctl(op, a, b, 0UL, 0UL); }
MC_INLINE int mc_bind(int fd, const void *sa, unsigned len) { return bind(fd, (const struct sockaddr *)sa, len); }
MC_INLINE int mc_getsockname(int fd, void *sa, unsigned *len) { return getsockname(fd, (struct sockaddr *)sa, len); }
MC_INLINE int mc_connect(int fd, const void *sa, unsigned len) { return connect(fd, (const struct sockaddr *)sa, len); }
MC_INLINE ssize_t mc_sendto(int fd, const void *b, size_t n, int fl, const void *sa, unsigned len) { return sendto(fd, b, n, fl, (const struct sockaddr *)sa, len); }
MC_INLINE ssize_t mc_recvfrom(int fd, void *b, size_t n, int fl, void *sa, unsigned *len) { return recvfrom(fd, b, n, fl, (struct sockaddr *)sa, len); }
MC_INLINE int mc_accept4(int fd, void *sa, unsigned *len, int fl) { return (int)syscall(SYS_accept4, fd, sa, len, fl); }
MC_INLINE int mc_setns(int fd, int kind) { return (int)syscall(SYS_setns, fd, kind); }
MC_INLINE int mc_unshare(int flags) { return (int)syscall(SYS_unshare, flags); }
static const int mc_CLONE_NEWNET = 0x40000000, mc_CLONE_NEWUSER = 0x10000000, mc_CLONE_NEWNS = 0x00020000;
/* glibc shows in6_pktinfo only under _GNU_SOURCE */
struct mc_in6_pktinfo { struct in6_addr ipi6_addr; unsigned int ipi6_ifindex; };
_Static_assert(sizeof(struct mc_in6_pktinfo) == 20, "in6_pktinfo");
_Static_assert(sizeof(struct vifctl) == 16 && sizeof(struct mfcctl) == 60, "ipmr");
_Static_assert(sizeof(struct mif6ctl) == 12 && sizeof(struct mf6cctl) == 92, "ip6mr");
MC_INLINE struct cmsghdr *mc_cmsg_first(struct msghdr *m) { return CMSG_FIRSTHDR(m); }
MC_INLINE struct cmsghdr *mc_cmsg_next(struct msghdr *m, struct cmsghdr *c) { return CMSG_NXTHDR(m, c); }
MC_INLINE unsigned char *mc_cmsg_data(struct cmsghdr *c) { return CMSG_DATA(c); }
MC_INLINE size_t mc_cmsg_space(size_t n) { return CMSG_SPACE(n); }
MC_INLINE size_t mc_cmsg_len(size_t n) { return CMSG_LEN(n); }
/* macros the importer cannot read, as constants */
static const int mc_SOCK_RAW = SOCK_RAW, mc_SOCK_DGRAM = SOCK_DGRAM, mc_SOCK_STREAM = SOCK_STREAM, mc_SOCK_SEQPACKET = SOCK_SEQPACKET;
static const int mc_SOCK_CLOEXEC = SOCK_CLOEXEC, mc_SOCK_NONBLOCK = SOCK_NONBLOCK;
static const int mc_IPPROTO_IGMP = IPPROTO_IGMP, mc_IPPROTO_ICMPV6 = IPPROTO_ICMPV6, mc_IPPROTO_IPIP = IPPROTO_IPIP, mc_IPPROTO_RAW = IPPROTO_RAW;
static const int mc_IPPROTO_IP = IPPROTO_IP, mc_IPPROTO_IPV6 = IPPROTO_IPV6;
MC_INLINE int mc_poll(struct pollfd *fds, unsigned n, int timeout) { return poll(fds, (nfds_t)n, timeout); }
/* glibc shows mmsghdr and recvmmsg only under _GNU_SOURCE */
struct mc_mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
MC_INLINE int mc_recvmmsg(int fd, struct mc_mmsghdr *v, unsigned n, int fl) { return (int)syscall(SYS_recvmmsg, fd, v, n, fl, (void *)0); }
MC_INLINE int mc_setsockopt_int(int fd, int level, int name, int value) { return setsockopt(fd, level, name, &value, sizeof value); }
MC_INLINE int mc_getsockopt_int(int fd, int level, int name, int *value) { socklen_t n = sizeof *value; return getsockopt(fd, level, name, value, &n); }
/* Names glibc shows only under _GNU_SOURCE */
MC_INLINE int mc_memfd_create(const char *name) { return (int)syscall(SYS_memfd_create, name, 1U /* MFD_CLOEXEC */); }
MC_INLINE int mc_is_memfd(int fd) { return fcntl(fd, 1034 /* F_GET_SEALS */) >= 0; }
MC_INLINE int mc_socket_fact(int fd, int name) { int v = -1; socklen_t n = sizeof v; return getsockopt(fd, SOL_SOCKET, name, &v, &n) == 0 ? v : -1; }
/* SO_NETNS_COOKIE (Linux 5.14); 0 where the kernel does not tell */
MC_INLINE uint64_t mc_netns_cookie(int fd) { uint64_t v = 0; socklen_t n = sizeof v; return getsockopt(fd, SOL_SOCKET, 71, &v, &n) == 0 ? v : 0; }
/* SO_MEMINFO, SK_MEMINFO_DROPS: datagrams the socket had no room for */
MC_INLINE uint32_t mc_socket_drops(int fd) { uint32_t v[16] = {0}; socklen_t n = sizeof v; return getsockopt(fd, SOL_SOCKET, 55, v, &n) == 0 && n >= 36 ? v[8] : 0; }
MC_INLINE int mc_send_timeout(int fd, long seconds) { struct timeval t = { seconds, 0 }; return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t); }
static const int mc_SO_PROTOCOL = 38, mc_SO_DOMAIN = 39, mc_SO_TYPE = 3, mc_MSG_CMSG_CLOEXEC = 0x40000000;
MC_INLINE int mc_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
MC_INLINE int mc_close_range(unsigned first, unsigned last) { return (int)syscall(SYS_close_range, first, last, 0); }
MC_INLINE int mc_capset(struct __user_cap_header_struct *h, struct __user_cap_data_struct *d) { return (int)syscall(SYS_capset, h, d); }
MC_INLINE int mc_capget(struct __user_cap_header_struct *h, struct __user_cap_data_struct *d) { return (int)syscall(SYS_capget, h, d); }
MC_INLINE int mc_setgroups(size_t n, const gid_t *groups) { return (int)syscall(SYS_setgroups, n, groups); }
/* glibc takes an enum here under _GNU_SOURCE, an int elsewhere */
MC_INLINE int mc_getrlimit_files(struct rlimit *l) { return getrlimit(RLIMIT_NOFILE, l); }
MC_INLINE int mc_setrlimit_files(const struct rlimit *l) { return setrlimit(RLIMIT_NOFILE, l); }
MC_INLINE int mc_fork(void) { return (int)fork(); }
MC_INLINE int mc_ignore_signal(int number) { return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0; }
MC_INLINE int mc_wait_exited(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
MC_INLINE void mc_default_signal(int number) { signal(number, SIG_DFL); }
MC_INLINE int mc_wait_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
MC_INLINE const char *mc_dirent_name(const struct dirent *e) { return e->d_name; }
/* <linux/in.h> and glibc disagree about who declares these; the layouts are the kernel's */
struct mc_group_req { uint32_t gr_interface; struct sockaddr_storage gr_group; };
struct mc_group_source_req { uint32_t gsr_interface; struct sockaddr_storage gsr_group, gsr_source; };
_Static_assert(sizeof(struct mc_group_req) == 136 && sizeof(struct mc_group_source_req) == 264, "group_req");
struct mc_ucred { int pid; unsigned uid, gid; };
MC_INLINE int mc_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes, char *const *argv, char *const *envp) { return posix_spawn(pid, path, actions, attributes, argv, envp); }
static const int mc_SO_PEERCRED = 17, mc_SO_PEERGROUPS = 59, mc_SO_RXQ_OVFL = 40, mc_SO_RCVBUFFORCE = 33;
static const int mc_IP_PKTINFO = 8, mc_IP_RETOPTS = 7, mc_IP_TTL = 2, mc_IP_TOS = 1, mc_IP_RECVTTL = 12;
static const int mc_SO_TIMESTAMPNS = 35, mc_IP_MULTICAST_ALL = 49, mc_IPV6_MULTICAST_ALL = 29;
static const int mc_IPV6_RECVPKTINFO = 49, mc_IPV6_PKTINFO = 50, mc_IPV6_RECVHOPLIMIT = 51, mc_IPV6_HOPLIMIT = 52;
static const int mc_IPV6_RECVHOPOPTS = 53, mc_IPV6_HOPOPTS = 54, mc_ICMP6_FILTER = 1;
static const int mc_MCAST_JOIN_GROUP = 42, mc_MCAST_LEAVE_GROUP = 45;
static const int mc_MCAST_JOIN_SOURCE_GROUP = 46, mc_MCAST_LEAVE_SOURCE_GROUP = 47;
static const unsigned long mc_SIOCGETMIFCNT_IN6 = SIOCGETMIFCNT_IN6, mc_SIOCGETSGCNT_IN6 = SIOCGETSGCNT_IN6;
static const unsigned long mc_TUNGETIFF = TUNGETIFF;
static const unsigned long mc_TUNSETIFF = TUNSETIFF, mc_SIOCGETSGCNT = SIOCGETSGCNT, mc_SIOCGETVIFCNT = SIOCGETVIFCNT;
#endif
