/*
 * New flows through a router, seen from both sides. Run in no particular namespace.
 *
 *   flows first N SENDER IN RECEIVER OUT    one after the other: "P50 P99" in microseconds, send to arrival
 *   flows burst N SENDER IN ROUTER OUT      as fast as possible: the number of entries that the kernel holds
 *   flows paced N SENDER IN RECEIVER OUT RATE SOURCES
 *                                           so many a second from so many addresses, 10.1.0.2 and on:
 *                                           "P50 P99 MAX" in microseconds, send to arrival, and how many were lost
 *   flows steady RATE SENDER IN RECEIVER OUT COMMAND...
 *                                           so many packets a second of one flow that is installed, while COMMAND
 *                                           runs and half a second longer: "SENT LOST"
 *
 * SENDER, ROUTER and RECEIVER are namespaces; IN is the sender's interface, OUT the receiver's.
 */
#include "lab.h"
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <sys/prctl.h>

/* Groups differ from flow to flow; the source is the sender's own address. */
static int sender(const char *name, const char *interface)
{
	struct ip_mreqn out = {.imr_ifindex = 0};
	unsigned char ttl = 16;
	int fd;

	enter(name);
	out.imr_ifindex = interface_index(interface);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out)) < 0)
		die("sender");
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl));
	return fd;
}

static int receiver(const char *name, const char *interface)
{
	struct sockaddr_ll self = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	struct packet_mreq all = {.mr_type = PACKET_MR_ALLMULTI};
	int fd;

	enter(name);
	self.sll_ifindex = all.mr_ifindex = interface_index(interface);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP));
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0
	    || setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0)
		die("receiver");
	return fd;
}

static void send_to(int fd, unsigned flow)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(5000)};

	to.sin_addr.s_addr = htonl(flow_group(flow));
	if (sendto(fd, &flow, sizeof(flow), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("send");
}

/* Waits for the packet of this flow; 0 when it does not come within a second. */
static int arrived(int fd, unsigned flow)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	unsigned char packet[2048];

	while (poll(&wait, 1, 1000) > 0) {
		ssize_t n = recv(fd, packet, sizeof(packet), 0);
		uint32_t group = htonl(flow_group(flow));

		if (n >= 20 && !memcmp(packet + 16, &group, 4))
			return 1;
	}
	return 0;
}

static int first(unsigned n, char **where)
{
	int in = receiver(where[2], where[3]), out = sender(where[0], where[1]);
	int64_t *took = calloc(n, sizeof(*took));
	unsigned warm = 64, lost = 0;

	for (unsigned i = 0; i < n + warm; i++) {
		int64_t start = now_ns();

		send_to(out, i);
		if (!arrived(in, i))
			lost++;
		if (i >= warm)
			took[i - warm] = now_ns() - start;
	}
	qsort(took, n, sizeof(*took), compare_ns);
	printf("%.1f %.1f\n", took[n / 2] / 1e3, took[n * 99 / 100] / 1e3);
	if (lost)
		fprintf(stderr, "bench: %u of %u first packets did not arrive\n", lost, n);
	return lost > 0;
}

static int64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Takes what has arrived, with the time at which the kernel received it: when we look does not matter. */
static void collect(int fd, const int64_t *sent, int64_t *took, unsigned n)
{
	for (;;) {
		unsigned char packet[128];
		char control[128];
		struct iovec bytes = {packet, sizeof(packet)};
		struct msghdr message = {
			.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
		struct cmsghdr *c;
		struct timespec at;
		uint32_t group;

		if (recvmsg(fd, &message, MSG_DONTWAIT) < 20)
			return;
		c = CMSG_FIRSTHDR(&message);
		if (!c || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&at, CMSG_DATA(c), sizeof(at));
		memcpy(&group, packet + 16, 4);
		group = ntohl(group) - flow_group(0);
		if (group < n && !took[group])
			took[group] = at.tv_sec * 1000000000LL + at.tv_nsec - sent[group];
	}
}

static int paced(unsigned n, char **where)
{
	int in = receiver(where[2], where[3]), rate = atoi(where[4]), sources = atoi(where[5]), one = 1;
	int64_t *sent = calloc(n, sizeof(*sent)), *took = calloc(n, sizeof(*took)), start;
	int *out = calloc(sources, sizeof(*out));
	unsigned lost = 0;

	big_buffer(in, 256 << 20);
	if (setsockopt(in, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) < 0)
		die("SO_TIMESTAMPNS");
	for (int i = 0; i < sources; i++) {
		struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a010002u + i)};

		out[i] = sender(where[0], where[1]);
		if (bind(out[i], (struct sockaddr *)&self, sizeof(self)) < 0)
			die("bind");
	}
	prctl(PR_SET_TIMERSLACK, 1);
	start = now_ns();
	for (unsigned i = 0; i < n; i++) {
		int64_t due = start + i * 1000000000LL / rate;
		struct timespec until = {due / 1000000000, due % 1000000000};

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		sent[i] = wall_ns();
		send_to(out[i % sources], i);
		if (i % 64 == 0)
			collect(in, sent, took, n);
	}
	usleep(500000);
	collect(in, sent, took, n);
	for (unsigned i = 0; i < n; i++)
		lost += !took[i];
	qsort(took, n, sizeof(*took), compare_ns);
	printf("%.1f %.1f %.1f %u\n", took[n / 2] / 1e3, took[n * 99LL / 100] / 1e3, took[n - 1] / 1e3, lost);
	return 0;
}

/* Sends numbers to a group that no other part of the bench uses until the other end of the pipe closes; their count. */
static unsigned numbers(int out, int rate, int pipe)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(5000), .sin_addr.s_addr = htonl(0xefca0001u)};
	struct pollfd end = {.fd = pipe};
	int64_t start = now_ns();
	unsigned n = 0;

	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		int64_t due = start + n * 1000000000LL / rate;
		struct timespec until = {due / 1000000000, due % 1000000000};

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		if (n % 64 == 0 && poll(&end, 1, 0) > 0)
			return n;
		if (sendto(out, &n, sizeof(n), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			die("send");
		n++;
	}
}

/* Marks the numbers that have come; the last of them. */
static unsigned come(int fd, unsigned char *seen, unsigned most)
{
	uint32_t group = htonl(0xefca0001u), number;
	unsigned char packet[128];
	unsigned last = 0;

	while (recv(fd, packet, sizeof(packet), MSG_DONTWAIT) >= 32) {
		memcpy(&number, packet + 28, 4);
		if (memcmp(packet + 16, &group, 4) || number >= most)
			continue;
		seen[number] = 1;
		last = number;
	}
	return last;
}

static int steady(int rate, char **where)
{
	int in = receiver(where[2], where[3]), out = sender(where[0], where[1]), ends[2], counts[2];
	unsigned most = rate * 600, first, sent = 0, lost = 0;
	unsigned char *seen = calloc(most, 1);
	int64_t last = INT64_MAX;
	int status = 0;
	pid_t streaming, command;

	big_buffer(in, 256 << 20);
	if (pipe2(ends, O_CLOEXEC) < 0 || pipe2(counts, O_CLOEXEC) < 0)
		die("pipe");
	streaming = fork();
	if (streaming == 0) {
		close(ends[1]);
		sent = numbers(out, rate, ends[0]);
		_exit(write(counts[1], &sent, sizeof(sent)) != sizeof(sent));
	}
	/* What counts begins with a flow that is there. */
	usleep(500000);
	first = come(in, seen, most);
	command = fork();
	if (command == 0) {
		execvp(where[4], where + 4);
		die(where[4]);
	}
	while (now_ns() < last) {
		usleep(10000);
		come(in, seen, most);
		if (last == INT64_MAX && waitpid(command, &status, WNOHANG) == command)
			last = now_ns() + 500000000;
	}
	close(ends[1]);
	if (read(counts[0], &sent, sizeof(sent)) != sizeof(sent))
		die("sender");
	usleep(300000);
	come(in, seen, most);
	for (unsigned i = first; i < sent; i++)
		lost += !seen[i];
	printf("%u %u\n", sent - first, lost);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int burst(unsigned n, char **where)
{
	struct pollfd wait = {.events = POLLIN};
	unsigned told = 0;
	int out;

	enter(where[2]);
	wait.fd = route_listener();
	out = sender(where[0], where[1]);
	for (unsigned i = 0; i < n; i++)
		send_to(out, i);
	while (told < n && poll(&wait, 1, 3000) > 0)
		told += routes_told(wait.fd, NULL);
	printf("%u\n", told);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && !strcmp(argv[1], "first"))
		return first(atoi(argv[2]), argv + 3);
	if (argc == 7 && !strcmp(argv[1], "burst"))
		return burst(atoi(argv[2]), argv + 3);
	if (argc == 9 && !strcmp(argv[1], "paced"))
		return paced(atoi(argv[2]), argv + 3);
	if (argc >= 8 && !strcmp(argv[1], "steady"))
		return steady(atoi(argv[2]), argv + 3);
	fprintf(stderr, "usage: flows first|burst|paced|steady N SENDER IN RECEIVER|ROUTER OUT [RATE SOURCES|COMMAND...]\n");
	return 64;
}
