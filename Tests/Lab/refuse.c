/*
 * Runs a program whose kernel refuses it one system call.
 *
 *   refuse memfd_create ERRNO PROGRAM ARGUMENT...
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned refusal = SECCOMP_RET_ERRNO | (argc > 2 ? atoi(argv[2]) & SECCOMP_RET_DATA : 0);
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, refusal),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(program) / sizeof(*program), program};

	if (argc < 4 || strcmp(argv[1], "memfd_create"))
		return 64;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
		perror("refuse");
		return 71;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}
