/*
 * The lives of a daemon whose sockets outlive it. Run in no particular namespace.
 *
 *   lives N SENDER IN RECEIVER OUT ROUTER COMMAND...
 *
 * A double of a service manager that keeps descriptors (sd_notify(3), sd_listen_fds(3)): it starts COMMAND in the
 * namespace ROUTER, and then N times each kills it ("crash") and has it end by TERM ("planned"), and starts it again
 * with what it kept. While nobody is there a new IPv4 flow's first packet is sent. For each of these lives:
 *
 *   crash|planned READY DUMP ARRIVAL    microseconds from the fork to READY=1; of a bare dump of the kernel's
 *                                       entries, both families, at that time; and from READY=1 to the packet's
 *                                       arrival (less than zero: before it; "-": it did not come)
 */
#include "lab.h"
#include "../Tests/Lab/store.h"
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <sys/un.h>

#define PATIENCE_MS 60000

static char notify_path[108];

static int64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Starts it and waits until it is ready: microseconds from the fork, and the time then. */
static int64_t started(int socket, char **command, pid_t *child, int64_t *ready_at)
{
	struct pollfd wait = {.fd = socket, .events = POLLIN};
	int64_t start = now_ns();

	*child = fork();
	if (*child == 0) {
		become(command[0], command, notify_path);
		die(command[0]);
	}
	while (poll(&wait, 1, PATIENCE_MS) > 0)
		if (take(socket)) {
			*ready_at = wall_ns();
			return (now_ns() - start) / 1000;
		}
	fprintf(stderr, "bench: %s was not ready within %d s\n", command[0], PATIENCE_MS / 1000);
	kill(*child, SIGKILL);
	exit(1);
}

/* What the kernel takes to tell all entries of a family to somebody who does nothing with them. */
static int64_t dumped(int family)
{
	static char buffer[65536];
	struct { struct nlmsghdr head; struct rtmsg body; } request = {
		{sizeof(request), RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, {.rtm_family = family}};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int64_t start = now_ns();

	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
		die("netlink dump");
	for (;;) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

		if (n < 0)
			die("netlink dump");
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
				close(fd);
				return (now_ns() - start) / 1000;
			}
	}
}

static int late_sender(const char *name, const char *interface)
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

static int late_receiver(const char *name, const char *interface)
{
	struct sockaddr_ll self = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	struct packet_mreq all = {.mr_type = PACKET_MR_ALLMULTI};
	int fd, one = 1;

	enter(name);
	self.sll_ifindex = all.mr_ifindex = interface_index(interface);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP));
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0
	    || setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0
	    || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) < 0)
		die("receiver");
	return fd;
}

/* Groups that no other part of the bench uses. */
static uint32_t late_group(unsigned life) { return htonl(0xefc90000u + life); }

static void send_late(int fd, unsigned life)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(5000), .sin_addr.s_addr = late_group(life)};

	if (sendto(fd, &life, sizeof(life), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("send");
}

/* When the packet of this life arrived, by the kernel's time stamp; 0: it did not within a second. */
static int64_t late_arrival(int fd, unsigned life)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	uint32_t group = late_group(life);

	while (poll(&wait, 1, 1000) > 0) {
		char packet[128], control[128];
		struct iovec bytes = {packet, sizeof(packet)};
		struct msghdr message = {
			.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
		struct cmsghdr *c = n < 20 ? NULL : CMSG_FIRSTHDR(&message);
		struct timespec at;

		if (!c || c->cmsg_type != SCM_TIMESTAMPNS || memcmp(packet + 16, &group, 4))
			continue;
		memcpy(&at, CMSG_DATA(c), sizeof(at));
		return at.tv_sec * 1000000000LL + at.tv_nsec;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un self = {.sun_family = AF_UNIX};
	int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), in, out;
	int64_t ready_at;
	pid_t child;

	if (argc < 8) {
		fprintf(stderr, "usage: lives N SENDER IN RECEIVER OUT ROUTER COMMAND...\n");
		return 64;
	}
	snprintf(notify_path, sizeof(notify_path), "/tmp/mcast-lives-%d.sock", getpid());
	snprintf(self.sun_path, sizeof(self.sun_path), "%s", notify_path);
	unlink(notify_path);
	if (socket_fd < 0 || bind(socket_fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		die("notify socket");
	in = late_receiver(argv[4], argv[5]);
	out = late_sender(argv[2], argv[3]);
	enter(argv[6]);
	started(socket_fd, argv + 7, &child, &ready_at);
	for (int life = 0; life < 2 * atoi(argv[1]); life++) {
		int64_t took, arrival, dump;

		/* Whatever it wrote behind its readiness is written. */
		usleep(300000);
		kill(child, life % 2 ? SIGTERM : SIGKILL);
		while (waitpid(child, NULL, WNOHANG) == 0) {
			struct pollfd wait = {.fd = socket_fd, .events = POLLIN};

			if (poll(&wait, 1, 1) > 0)
				take(socket_fd);
		}
		/* What it said last comes before its next life. */
		for (int i = 0; i < 2 * MOST; i++)
			take(socket_fd);
		send_late(out, life);
		took = started(socket_fd, argv + 7, &child, &ready_at);
		arrival = late_arrival(in, life);
		dump = dumped(RTNL_FAMILY_IPMR) + dumped(RTNL_FAMILY_IP6MR);
		printf("%s %lld %lld ", life % 2 ? "planned" : "crash", (long long)took, (long long)dump);
		if (arrival)
			printf("%lld\n", (long long)(arrival - ready_at) / 1000);
		else
			printf("-\n");
		fflush(stdout);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	unlink(notify_path);
	return 0;
}
