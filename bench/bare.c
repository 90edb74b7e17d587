/*
 * The measure: what the kernel itself costs, with nothing around its calls.
 *
 *   bare load N IN OUT     installs N (S,G) in a loop and stays until it is killed
 *   bare answer IN OUT     waits with epoll and answers every unknown (S,G) with an entry
 */
#include "lab.h"
#include <sys/epoll.h>
#include <linux/mroute.h>

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
	} else if (argc == 4 && !strcmp(argv[1], "answer")) {
		answer(open_router(argv[2], argv[3]));
	}
	fprintf(stderr, "usage: bare load N IN OUT | bare answer IN OUT\n");
	return 64;
}
