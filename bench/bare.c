/*
 * The measure: what the kernel itself costs, with nothing around its calls.
 *
 *   bare load N IN OUT      installs N (S,G) in a loop and stays until it is killed
 *   bare load6 N IN OUT     the same with IPv6
 *   bare counters N IN OUT  installs them and reads the counters of all: the fastest of five, in microseconds
 *   bare answer IN OUT      waits with epoll and answers every unknown (S,G) with an entry
 *   bare asleep             sleeps for a millisecond until TERM, and tells how late it woke at worst, in microseconds
 */
#include "lab.h"
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>

static int open_router(const char *in, const char *out)
{
	const char *names[2] = {in, out};
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_IGMP), one = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, MRT_INIT, &one, sizeof(one)) < 0)
		die("MRT_INIT");
	for (int i = 0; i < 2; i++) {
		struct vifctl vif = {.vifc_vifi = i, .vifc_flags = VIFF_USE_IFINDEX, .vifc_threshold = 1};

		vif.vifc_lcl_ifindex = interface_index(names[i]);
		if (setsockopt(fd, IPPROTO_IP, MRT_ADD_VIF, &vif, sizeof(vif)) < 0)
			die("MRT_ADD_VIF");
	}
	return fd;
}

static void install(int fd, struct in_addr source, struct in_addr group)
{
	struct mfcctl entry = {.mfcc_origin = source, .mfcc_mcastgrp = group, .mfcc_parent = 0};

	entry.mfcc_ttls[1] = 1;
	if (setsockopt(fd, IPPROTO_IP, MRT_ADD_MFC, &entry, sizeof(entry)) < 0)
		die("MRT_ADD_MFC");
}

static int open_router6(const char *in, const char *out)
{
	const char *names[2] = {in, out};
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6), one = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, MRT6_INIT, &one, sizeof(one)) < 0)
		die("MRT6_INIT");
	for (int i = 0; i < 2; i++) {
		struct mif6ctl mif = {.mif6c_mifi = i, .vifc_threshold = 1};

		mif.mif6c_pifi = interface_index(names[i]);
		if (setsockopt(fd, IPPROTO_IPV6, MRT6_ADD_MIF, &mif, sizeof(mif)) < 0)
			die("MRT6_ADD_MIF");
	}
	return fd;
}

static void install6(int fd, unsigned i)
{
	struct mf6cctl entry = {.mf6cc_parent = 0};

	entry.mf6cc_origin.sin6_family = entry.mf6cc_mcastgrp.sin6_family = AF_INET6;
	entry.mf6cc_origin.sin6_addr = flow_source6(i);
	entry.mf6cc_mcastgrp.sin6_addr = flow_group6(i);
	IF_SET(1, &entry.mf6cc_ifset);
	if (setsockopt(fd, IPPROTO_IPV6, MRT6_ADD_MFC, &entry, sizeof(entry)) < 0)
		die("MRT6_ADD_MFC");
}

static void count(int fd, unsigned n)
{
	int64_t best = INT64_MAX;

	for (int round = 0; round < 5; round++) {
		int64_t start = now_ns(), took;

		for (unsigned i = 0; i < n; i++) {
			struct sioc_sg_req request = {.src = {htonl(flow_source(i))}, .grp = {htonl(flow_group(i))}};

			if (ioctl(fd, SIOCGETSGCNT, &request) < 0)
				die("SIOCGETSGCNT");
		}
		took = now_ns() - start;
		best = took < best ? took : best;
	}
	printf("%lld\n", (long long)best / 1000);
}

static volatile sig_atomic_t is_over;

static void end(int number)
{
	(void)number;
	is_over = 1;
}

static int asleep(void)
{
	int64_t worst = 0;

	signal(SIGTERM, end);
	prctl(PR_SET_TIMERSLACK, 1);
	while (!is_over) {
		int64_t due = now_ns() + 1000000, late;
		struct timespec until = {due / 1000000000, due % 1000000000};

		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
			continue;
		late = now_ns() - due;
		worst = late > worst ? late : worst;
	}
	printf("%lld\n", (long long)worst / 1000);
	return 0;
}

static void answer(int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	int loop = epoll_create1(EPOLL_CLOEXEC);
	char packet[65536];

	big_buffer(fd, 4 << 20);
	if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll");
	for (;;) {
		if (epoll_wait(loop, &event, 1, -1) < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < 64; i++) {
			ssize_t n = recv(fd, packet, sizeof(packet), 0);
			struct igmpmsg *upcall = (void *)packet;

			if (n < 0)
				break;
			if (n >= (ssize_t)sizeof(*upcall) && upcall->im_mbz == 0 && upcall->im_msgtype == IGMPMSG_NOCACHE)
				install(fd, upcall->im_src, upcall->im_dst);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "load")) {
		int fd = open_router(argv[3], argv[4]);

		for (int i = 0; i < atoi(argv[2]); i++)
			install(fd, (struct in_addr){htonl(flow_source(i))}, (struct in_addr){htonl(flow_group(i))});
		pause();
	} else if (argc == 5 && !strcmp(argv[1], "load6")) {
		int fd = open_router6(argv[3], argv[4]);

		for (int i = 0; i < atoi(argv[2]); i++)
			install6(fd, i);
		pause();
	} else if (argc == 5 && !strcmp(argv[1], "counters")) {
		int fd = open_router(argv[3], argv[4]);

		for (int i = 0; i < atoi(argv[2]); i++)
			install(fd, (struct in_addr){htonl(flow_source(i))}, (struct in_addr){htonl(flow_group(i))});
		count(fd, atoi(argv[2]));
		return 0;
	} else if (argc == 2 && !strcmp(argv[1], "asleep")) {
		return asleep();
	} else if (argc == 4 && !strcmp(argv[1], "answer")) {
		answer(open_router(argv[2], argv[3]));
	}
	fprintf(stderr, "usage: bare load|load6|counters N IN OUT | bare answer IN OUT | bare asleep\n");
	return 64;
}
