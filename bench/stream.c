/*
 * A sender. Run in its namespace, until it is ended.
 *
 *   stream OUT GROUP PPS        one stream to GROUP, port 5000
 *   stream OUT flows N          one packet each to N groups from the measured ones, 10,000 a second, then ends
 */
#include "lab.h"

int main(int argc, char **argv)
{
	struct ip_mreqn out = {.imr_ifindex = 0};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(5000)};
	unsigned char ttl = 16;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int isFlows = argc == 4 && !strcmp(argv[2], "flows");
	long pps, count = 0;
	int64_t start = now_ns();

	if (argc != 4) {
		fprintf(stderr, "usage: stream OUT GROUP PPS | stream OUT flows N\n");
		return 64;
	}
	out.imr_ifindex = interface_index(argv[1]);
	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out)) < 0)
		die("sender");
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl));
	pps = isFlows ? 10000 : atol(argv[3]);
	to.sin_addr.s_addr = inet_addr(argv[2]);
	for (; !isFlows || count < atol(argv[3]); count++) {
		int64_t due = start + count * 1000000000LL / pps, left = due - now_ns();
		struct timespec pause = {left / 1000000000, left % 1000000000};

		if (left > 0)
			nanosleep(&pause, NULL);
		if (isFlows)
			to.sin_addr.s_addr = htonl(flow_group(count));
		if (sendto(fd, &count, sizeof(count), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			die("send");
	}
	return 0;
}
