/*
 * What a service manager does that keeps descriptors: the protocol of sd_notify(3) and sd_listen_fds(3), for one
 * program at a time.
 */
#ifndef LAB_STORE_H
#define LAB_STORE_H
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 512

static struct { char name[64]; int fd; } kept[MOST];
static int kept_count;

/* The names, with a colon between two. */
static const char *kept_names(void)
{
	static char all[MOST * 65 + 1];
	size_t used = 0;

	*all = 0;
	for (int i = 0; i < kept_count; i++)
		used += snprintf(all + used, sizeof(all) - used, "%s%s", i ? ":" : "", kept[i].name);
	return all;
}

static void drop(const char *name)
{
	for (int i = 0; i < kept_count; i++)
		if (!strcmp(kept[i].name, name)) {
			close(kept[i].fd);
			memmove(&kept[i], &kept[i + 1], (--kept_count - i) * sizeof(kept[0]));
			i--;
		}
}

/* Takes one message, if there is one; whether it says READY=1. */
static int take(int socket)
{
	char text[4096], control[256], name[64] = "stored";
	struct iovec part = {text, sizeof(text) - 1};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	int fd = -1, store = 0, removal = 0, ready = 0;

	if (n < 0)
		return 0;
	text[n] = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
		if (c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		ready |= !strcmp(line, "READY=1");
		store |= !strcmp(line, "FDSTORE=1");
		removal |= !strcmp(line, "FDSTOREREMOVE=1");
		if (!strncmp(line, "FDNAME=", 7))
			snprintf(name, sizeof(name), "%s", line + 7);
	}
	if (removal)
		drop(name);
	if (store && fd >= 0 && kept_count < MOST) {
		snprintf(kept[kept_count].name, sizeof(kept[0].name), "%s", name);
		kept[kept_count++].fd = fd;
	} else if (fd >= 0) {
		close(fd);
	}
	return ready;
}

/* In the child: becomes the program, with all that is kept; returns where that could not be. */
static void become(const char *file, char **arguments, const char *notify_path)
{
	char number[16];

	/* First out of the way of each other, then to their places. */
	for (int i = 0; i < kept_count; i++)
		kept[i].fd = fcntl(kept[i].fd, F_DUPFD_CLOEXEC, 3 + MOST);
	for (int i = 0; i < kept_count; i++)
		dup2(kept[i].fd, 3 + i);
	setenv("NOTIFY_SOCKET", notify_path, 1);
	snprintf(number, sizeof(number), "%d", MOST);
	setenv("FDSTORE", number, 1);
	if (kept_count) {
		snprintf(number, sizeof(number), "%d", kept_count);
		setenv("LISTEN_FDS", number, 1);
		setenv("LISTEN_FDNAMES", kept_names(), 1);
		snprintf(number, sizeof(number), "%d", getpid());
		setenv("LISTEN_PID", number, 1);
	}
	execvp(file, arguments);
}

#endif
