/*
 * Runs a program whose kernel refuses it one thing.
 *
 *   refuse memfd ERRNO PROGRAM ARGUMENT...       files in memory
 *   refuse mroute ERRNO PROGRAM ARGUMENT...      multicast routing, IPv4 and IPv6
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/mroute.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* Goes on where the value is this one, else over so many statements. */
#define IS(value, over) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, over)
#define END(with) BPF_STMT(BPF_RET | BPF_K, with)

static int run(struct sock_filter *filter, size_t size, char **words)
{
	struct sock_fprog program = {size / sizeof(*filter), filter};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		perror("refuse");
		return 71;
	}
	execvp(words[0], words);
	perror(words[0]);
	return 127;
}

int main(int argc, char **argv)
{
	unsigned refusal = SECCOMP_RET_ERRNO | (argc > 2 ? atoi(argv[2]) & SECCOMP_RET_DATA : 0);
	struct sock_filter memfd[] = {
		LOAD(nr), IS(SYS_memfd_create, 1), END(refusal), END(SECCOMP_RET_ALLOW),
	};
	/* MRT_INIT and MRT6_INIT are one number; the low half of an argument stands first. */
	struct sock_filter mroute[] = {
		LOAD(nr), IS(SYS_setsockopt, 3), LOAD(args[2]), IS(MRT_INIT, 1), END(refusal), END(SECCOMP_RET_ALLOW),
	};

	if (argc < 4)
		return 64;
	if (!strcmp(argv[1], "memfd"))
		return run(memfd, sizeof(memfd), argv + 3);
	if (!strcmp(argv[1], "mroute"))
		return run(mroute, sizeof(mroute), argv + 3);
	return 64;
}
