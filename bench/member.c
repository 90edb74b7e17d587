/*
 * A host that joins a stream and leaves it. Run in the receiver's namespace.
 *
 *   member first IN GROUP             joins; prints the clock (ns) of the first packet
 *   member rounds IN GROUP N QUIETMS  N times: join, first packet, leave, last packet;
 *                                     "P50 of report to packet, P50 of leave to last packet" in microseconds
 *
 * The kernel waits some milliseconds between a join and its report: what counts is the report on the wire.
 *
 * A round's leave is over when nothing came for QUIETMS.
 */
#include "lab.h"

static int listener(const char *interface, struct ip_mreqn *group, const char *address)
{
	struct sockaddr_in self = {.sin_family = AF_INET, .sin_port = htons(5000)};
	int one = 1, zero = 0, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	group->imr_ifindex = interface_index(interface);
	self.sin_addr.s_addr = group->imr_multiaddr.s_addr = inet_addr(address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &zero, sizeof(zero));
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		die("listener");
	return fd;
}

static void membership(int fd, int option, struct ip_mreqn *group)
{
	if (setsockopt(fd, IPPROTO_IP, option, group, sizeof(*group)) < 0)
		die(option == IP_ADD_MEMBERSHIP ? "join" : "leave");
}

/* The clock of the next IGMP report that leaves; 0 when none does in time. */
static int64_t reported(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	unsigned char bytes[2048];

	while (poll(&wait, 1, 2000) > 0) {
		ssize_t size = recv(fd, bytes, sizeof(bytes), 0);

		if (size >= 28 && bytes[9] == IPPROTO_IGMP && bytes[(bytes[0] & 15) * 4] == 0x22)
			return now_ns();
	}
	return 0;
}

/* The clock of the next packet; 0 when none comes in time. */
static int64_t packet(int fd, int milliseconds)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char buffer[2048];

	if (poll(&wait, 1, milliseconds) <= 0 || recv(fd, buffer, sizeof(buffer), 0) < 0)
		return 0;
	return now_ns();
}

int main(int argc, char **argv)
{
	struct ip_mreqn group = {.imr_ifindex = 0};

	if (argc == 4 && !strcmp(argv[1], "first")) {
		int fd = listener(argv[2], &group, argv[3]);

		membership(fd, IP_ADD_MEMBERSHIP, &group);
		printf("%lld\n", (long long)packet(fd, 30000));
		return 0;
	}
	if (argc == 6 && !strcmp(argv[1], "rounds")) {
		int n = atoi(argv[4]), quiet = atoi(argv[5]);
		int64_t *joins = calloc(n, sizeof(*joins)), *leaves = calloc(n, sizeof(*leaves));

		for (int i = 0; i < n; i++) {
			/* The kernel drops a stream to a socket only with the socket's membership: a packet socket would see
			   all that the router forwards, so a leave is watched on one. */
			int fd = listener(argv[2], &group, argv[3]), other = socket(AF_PACKET, SOCK_DGRAM, htons(0x0003));
			int64_t start = now_ns(), last, at;
			unsigned char bytes[2048];
			struct pollfd wait = {.fd = other, .events = POLLIN};

			membership(fd, IP_ADD_MEMBERSHIP, &group);
			start = reported(other);
			at = packet(fd, 10000);
			if (!start || !at)
				die("no report, or no packet within 10 s of it");
			joins[i] = at - start;
			for (int64_t end = now_ns() + 200000000; now_ns() < end;)
				packet(fd, 10);
			start = last = now_ns();
			membership(fd, IP_DROP_MEMBERSHIP, &group);
			while (poll(&wait, 1, quiet) > 0) {
				ssize_t size = recv(other, bytes, sizeof(bytes), 0);

				if (size >= 28 && bytes[9] == IPPROTO_UDP && !memcmp(bytes + 16, &group.imr_multiaddr, 4))
					last = now_ns();
				else if (now_ns() - last > quiet * 1000000LL)
					break;
			}
			leaves[i] = last - start;
			close(fd);
			close(other);
		}
		qsort(joins, n, sizeof(*joins), compare_ns);
		qsort(leaves, n, sizeof(*leaves), compare_ns);
		printf("%.1f %.1f\n", joins[n / 2] / 1e3, leaves[n / 2] / 1e3);
		return 0;
	}
	fprintf(stderr, "usage: member first IN GROUP | member rounds IN GROUP N QUIETMS\n");
	return 64;
}
