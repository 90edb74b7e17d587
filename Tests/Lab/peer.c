/*
 * The hosts around the router of a kernel test: numbered packets out, numbered packets in, driven line by line
 * so that a test never has to guess when something is done.
 *
 *   peer send IF [SOURCE]              commands on standard input, see below
 *   peer receive IF[,IF]... GROUP[,SOURCE|,!SOURCE]...   "ready", then "SOURCE GROUP NUMBER TTL IF" for each packet;
 *                                      ! leaves out a source
 *   peer count IF GROUP                "ready"; for each line of input "counted FIRST LAST DIFFERENT TWICE"
 *   peer mfc add|del TABLE SOURCE GROUP [IIF OIF...]   changes an entry behind the daemon's back (VIF numbers)
 *   peer hold TABLE                    owns a routing table ("ready") until it is killed
 *
 * Commands of send: "burst GROUP TTL COUNT" answers "sent LAST"; "stream GROUP TTL MICROSECONDS" sends from now
 * on; "stop" ends all streams and answers "sent LAST" for each. Numbers count from 1 in each group.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>

#define PORT 5000
#define MAGIC 0x6d636173u

struct flow {
	char group[64];
	int ttl;
	long interval;		/* nanoseconds; 0: not streaming */
	long long next;
	uint32_t number;
};

static struct flow flows[64];
static int flow_count, sockets[2];	/* by family: 0 IPv4, 1 IPv6 */

static void die(const char *what)
{
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static unsigned index_of(const char *interface)
{
	unsigned index = if_nametoindex(interface);

	if (!index)
		die(interface);
	return index;
}

static socklen_t parse(const char *text, struct sockaddr_storage *out, int port)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1) {
		fprintf(stderr, "peer: \"%s\" is not an address\n", text);
		exit(64);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

static struct flow *flow_of(const char *group)
{
	for (int i = 0; i < flow_count; i++)
		if (!strcmp(flows[i].group, group))
			return &flows[i];
	if (flow_count == 64)
		exit(64);
	snprintf(flows[flow_count].group, sizeof(flows[0].group), "%s", group);
	return &flows[flow_count++];
}

static void send_one(struct flow *flow)
{
	uint32_t packet[16] = {htonl(MAGIC), htonl(++flow->number)};
	struct sockaddr_storage to;
	socklen_t length = parse(flow->group, &to, PORT);
	int v6 = to.ss_family == AF_INET6;

	setsockopt(sockets[v6], v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, &flow->ttl,
		   sizeof(flow->ttl));
	/* An interface that is down or gone loses the packet, as on a wire. */
	if (sendto(sockets[v6], packet, sizeof(packet), 0, (void *)&to, length) < 0 && errno != ENETUNREACH
	    && errno != ENETDOWN && errno != ENOBUFS && errno != ENODEV && errno != EADDRNOTAVAIL)
		die("send");
}

static void command(char *line)
{
	char *word = strtok(line, " \n"), *group = strtok(NULL, " \n");
	char *ttl = strtok(NULL, " \n"), *last = strtok(NULL, " \n");
	struct flow *flow;

	if (word && !strcmp(word, "stop")) {
		for (int i = 0; i < flow_count; i++) {
			if (flows[i].interval)
				printf("sent %u\n", flows[i].number);
			flows[i].interval = 0;
		}
		return;
	}
	if (!last)
		exit(64);
	flow = flow_of(group);
	flow->ttl = atoi(ttl);
	if (!strcmp(word, "burst")) {
		for (int i = 0; i < atoi(last); i++)
			send_one(flow);
		printf("sent %u\n", flow->number);
	} else {
		flow->interval = atol(last) * 1000;
		flow->next = now_ns();
	}
}

static int stream(void)
{
	struct pollfd input = {.fd = 0, .events = POLLIN};
	char line[256];

	for (;;) {
		long long now = now_ns(), next = now + 1000000000LL;
		struct timespec wait;

		for (int i = 0; i < flow_count; i++) {
			if (!flows[i].interval)
				continue;
			if (flows[i].next <= now) {
				send_one(&flows[i]);
				flows[i].next += flows[i].interval;
			}
			if (flows[i].next < next)
				next = flows[i].next;
		}
		now = now_ns();
		wait.tv_sec = 0;
		wait.tv_nsec = next > now ? next - now : 0;
		if (wait.tv_nsec > 999999999)
			wait.tv_nsec = 999999999;
		if (ppoll(&input, 1, &wait, NULL) > 0) {
			if (!fgets(line, sizeof(line), stdin))
				return 0;
			command(line);
		}
	}
}

static int sender(const char *interface, const char *source)
{
	struct ip_mreqn out = {.imr_ifindex = index_of(interface)};
	int index = out.imr_ifindex, yes = 1;
	struct sockaddr_storage from;
	socklen_t length;

	sockets[0] = socket(AF_INET, SOCK_DGRAM, 0);
	sockets[1] = socket(AF_INET6, SOCK_DGRAM, 0);
	setsockopt(sockets[0], IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out));
	setsockopt(sockets[1], IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index));
	if (source) {
		length = parse(source, &from, 0);
		setsockopt(sockets[1], IPPROTO_IPV6, IPV6_FREEBIND, &yes, sizeof(yes));
		if (bind(sockets[from.ss_family == AF_INET6], (void *)&from, length) < 0)
			die("bind");
	}
	printf("ready\n");
	return stream();
}

static int opened(int v6)
{
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0), yes = 1, no = 0, buffer = 64 << 20;
	struct sockaddr_storage any;
	socklen_t length = parse(v6 ? "::" : "0.0.0.0", &any, PORT);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	/* Ten thousand packets a second for many seconds: what is counted is what the router lost, not this host. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	if (v6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes));
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &yes, sizeof(yes));
		setsockopt(fd, IPPROTO_IPV6, 29 /* IPV6_MULTICAST_ALL */, &no, sizeof(no));
	} else {
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes));
		setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &yes, sizeof(yes));
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &no, sizeof(no));
	}
	if (bind(fd, (void *)&any, length) < 0)
		die("bind");
	return fd;
}

static void print_packet(int fd)
{
	char control[512], source[64], group[64] = "-", interface[IF_NAMESIZE] = "-";
	struct sockaddr_storage from;
	uint32_t packet[16];
	struct iovec part = {packet, sizeof(packet)};
	struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1,
				 .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &message, 0);
	int ttl = -1;

	if (n < 8 || packet[0] != htonl(MAGIC))
		return;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *about = (void *)CMSG_DATA(c);

			inet_ntop(AF_INET, &about->ipi_addr, group, sizeof(group));
			if_indextoname(about->ipi_ifindex, interface);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *about = (void *)CMSG_DATA(c);

			inet_ntop(AF_INET6, &about->ipi6_addr, group, sizeof(group));
			if_indextoname(about->ipi6_ifindex, interface);
		} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
			 || (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT))
			memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
	}
	if (from.ss_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&from)->sin_addr, source, sizeof(source));
	else
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&from)->sin6_addr, source, sizeof(source));
	printf("%s %s %u %d %s\n", source, group, ntohl(packet[1]), ttl, interface);
}

static void join(int fd, const char *interface, const char *text)
{
	struct group_source_req join = {.gsr_interface = index_of(interface)};
	struct group_req any = {.gr_interface = join.gsr_interface};
	int level = strchr(text, ':') ? IPPROTO_IPV6 : IPPROTO_IP, error, without;
	char group[128], *source;

	snprintf(group, sizeof(group), "%s", text);
	source = strchr(group, ',');
	if (source)
		*source++ = 0;
	without = source && *source == '!';
	parse(group, (void *)&any.gr_group, 0);
	join.gsr_group = any.gr_group;
	if (source)
		parse(source + without, (void *)&join.gsr_source, 0);
	error = source && !without ? setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &join, sizeof(join))
				   : setsockopt(fd, level, MCAST_JOIN_GROUP, &any, sizeof(any));
	if (error == 0 && without)
		error = setsockopt(fd, level, MCAST_BLOCK_SOURCE, &join, sizeof(join));
	if (error < 0)
		die(text);
}

static void receiver(char *interfaces, int count, char **groups)
{
	struct pollfd wait[2] = {{.fd = opened(0), .events = POLLIN}, {.fd = opened(1), .events = POLLIN}};

	for (char *name = strtok(interfaces, ","); name; name = strtok(NULL, ","))
		for (int i = 0; i < count; i++)
			join(wait[strchr(groups[i], ':') != NULL].fd, name, groups[i]);
	printf("ready\n");
	for (;;) {
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			die("poll");
		for (int i = 0; i < 2; i++)
			if (wait[i].revents & POLLIN)
				print_packet(wait[i].fd);
	}
}

/* Numbers of one group, too many to write down each. */
static void counter(const char *interface, const char *group)
{
	static uint8_t seen[1 << 24];
	struct pollfd wait[2] = {{.fd = opened(strchr(group, ':') != NULL), .events = POLLIN}, {.fd = 0, .events = POLLIN}};
	uint32_t packet[16], first = 0, last = 0, different = 0, twice = 0, number;
	char line[64];

	join(wait[0].fd, interface, group);
	printf("ready\n");
	for (;;) {
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			die("poll");
		while (recv(wait[0].fd, packet, sizeof(packet), MSG_DONTWAIT) >= 8) {
			number = ntohl(packet[1]);
			if (packet[0] != htonl(MAGIC) || number >= sizeof(seen))
				continue;
			if (!first || number < first)
				first = number;
			if (number > last)
				last = number;
			if (seen[number])
				twice++;
			else
				different++;
			seen[number] = 1;
		}
		if (wait[1].revents) {
			if (!fgets(line, sizeof(line), stdin))
				exit(0);
			printf("counted %u %u %u %u\n", first, last, different, twice);
		}
	}
}

/* A socket of a process that does not own the table may change its entries, with CAP_NET_ADMIN. */
static int table_socket(int v6, uint32_t table)
{
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW, v6 ? IPPROTO_ICMPV6 : IPPROTO_IGMP);

	if (fd < 0)
		die("raw socket");
	if (table && setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? MRT6_TABLE : MRT_TABLE, &table, sizeof(table)) < 0)
		die("table");
	return fd;
}

static int change(int argc, char **argv)
{
	int add = !strcmp(argv[0], "add"), v6 = strchr(argv[2], ':') != NULL;
	int fd = table_socket(v6, atoi(argv[1]));

	if (v6) {
		struct mf6cctl entry = {.mf6cc_parent = argc > 4 ? atoi(argv[4]) : 0};

		parse(argv[2], (void *)&entry.mf6cc_origin, 0);
		parse(argv[3], (void *)&entry.mf6cc_mcastgrp, 0);
		for (int i = 5; i < argc; i++)
			IF_SET(atoi(argv[i]), &entry.mf6cc_ifset);
		if (setsockopt(fd, IPPROTO_IPV6, add ? MRT6_ADD_MFC : MRT6_DEL_MFC, &entry, sizeof(entry)) < 0)
			die("MRT6 entry");
	} else {
		struct mfcctl entry = {.mfcc_parent = argc > 4 ? atoi(argv[4]) : 0};

		inet_pton(AF_INET, argv[2], &entry.mfcc_origin);
		inet_pton(AF_INET, argv[3], &entry.mfcc_mcastgrp);
		for (int i = 5; i < argc; i++)
			entry.mfcc_ttls[atoi(argv[i])] = 1;
		if (setsockopt(fd, IPPROTO_IP, add ? MRT_ADD_MFC : MRT_DEL_MFC, &entry, sizeof(entry)) < 0)
			die("MRT entry");
	}
	return 0;
}

static int hold(uint32_t table)
{
	int fd = table_socket(0, table), one = 1;

	if (setsockopt(fd, IPPROTO_IP, MRT_INIT, &one, sizeof(one)) < 0)
		die("MRT_INIT");
	printf("ready\n");
	return pause();
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);	/* what poll sees is all there is */
	if (argc >= 3 && !strcmp(argv[1], "send"))
		return sender(argv[2], argv[3]);
	if (argc >= 4 && !strcmp(argv[1], "receive"))
		receiver(argv[2], argc - 3, argv + 3);
	if (argc == 4 && !strcmp(argv[1], "count"))
		counter(argv[2], argv[3]);
	if (argc >= 6 && !strcmp(argv[1], "mfc"))
		return change(argc - 2, argv + 2);
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return hold(atoi(argv[2]));
	fprintf(stderr, "usage: peer send|receive|count|mfc|hold ...\n");
	return 64;
}
