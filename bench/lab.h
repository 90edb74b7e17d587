/* What the measuring programs share: time, errors, namespaces, and the kernel's notifications of routes. */
#ifndef BENCH_LAB_H
#define BENCH_LAB_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* The i-th of the measured flows: sources and groups that no other test of the house uses. */
static inline uint32_t flow_source(unsigned i) { return 0x0a010000u + 2 + i % 60000; }
static inline uint32_t flow_group(unsigned i) { return 0xef100000u + i; }

/* The same of IPv6: 2001:db8:a01::/48 and ff3e::ef10:0/96. */
static inline struct in6_addr flow_source6(unsigned i)
{
	struct in6_addr address = {.s6_addr = {0x20, 0x01, 0x0d, 0xb8, 0x0a, 0x01}};

	address.s6_addr32[3] = htonl(2 + i % 60000);
	return address;
}

static inline struct in6_addr flow_group6(unsigned i)
{
	struct in6_addr address = {.s6_addr = {0xff, 0x3e}};

	address.s6_addr32[3] = htonl(0xef100000u + i);
	return address;
}

static inline void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* From here on, sockets of this process belong to the namespace of that name. */
static inline void enter(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(name);
	close(fd);
}

static inline unsigned interface_index(const char *name)
{
	unsigned index = if_nametoindex(name);

	if (!index)
		die(name);
	return index;
}

static inline void big_buffer(int fd, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		die("SO_RCVBUFFORCE");
}

/* A socket on which the kernel tells of each multicast route of both families, and of nothing else. */
static inline int route_listener(void)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	self.nl_groups = 1u << (RTNLGRP_IPV4_MROUTE - 1) | 1u << (RTNLGRP_IPV6_MROUTE - 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		die("netlink");
	big_buffer(fd, 256 << 20);
	return fd;
}

/* Reads what is there; the number of resolved RTM_NEWROUTE among it, and of removals where they are counted. */
static inline unsigned routes_told(int fd, unsigned *removed)
{
	static char buffer[65536];
	unsigned count = 0;

	for (;;) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

		if (n < 0) {
			if (errno == EAGAIN || errno == EINTR)
				return count;
			die("netlink receive");
		}
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			struct rtmsg *m = NLMSG_DATA(h);

			if (h->nlmsg_type == RTM_NEWROUTE && !(m->rtm_flags & RTNH_F_UNRESOLVED))
				count++;
			if (h->nlmsg_type == RTM_DELROUTE && removed)
				(*removed)++;
		}
	}
}

static inline int compare_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}
#endif
