/*
 * A DVMRP router, or many hosts, of a few lines. Run in their namespace.
 *
 *   neighbor routes IN OWN PEER N     speaks DVMRP on IN: N origins, reported whole every ten seconds; until ended
 *   neighbor reports IN OWN SECONDS   IGMPv3 reports as fast as they leave; prints how many a second did
 */
#include "lab.h"

static uint16_t checksum(const unsigned char *bytes, int count)
{
	uint32_t sum = 0;

	for (int i = 0; i + 1 < count; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	if (count & 1)
		sum += bytes[count - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void finish(unsigned char *bytes, int count)
{
	uint16_t sum;

	bytes[2] = bytes[3] = 0;
	sum = checksum(bytes, count);
	bytes[2] = sum >> 8;
	bytes[3] = sum;
}

static int raw(const char *interface)
{
	struct ip_mreqn out = {.imr_ifindex = interface_index(interface)};
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IGMP), zero = 0, ttl = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out)) < 0)
		die("raw socket");
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &zero, sizeof(zero));
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl));
	return fd;
}

static void post(int fd, const char *group, unsigned char *bytes, int count)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(group)};

	finish(bytes, count);
	while (sendto(fd, bytes, count, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		if (errno != ENOBUFS && errno != EAGAIN)
			die("send");
}

static int head(unsigned char *bytes, int code)
{
	static const unsigned char start[8] = {0x13, 0, 0, 0, 0, 0x0e, 0xff, 3};

	memcpy(bytes, start, 8);
	bytes[1] = code;
	return 8;
}

static void probe(int fd, const char *peer)
{
	unsigned char bytes[64];
	in_addr_t address = inet_addr(peer);
	int n = head(bytes, 1);

	memcpy(bytes + n, "\0\0\0\1", 4);
	memcpy(bytes + n + 4, &address, 4);
	post(fd, "224.0.0.4", bytes, n + 8);
}

/* Origins of 24 bits from 20.0.0.0 on, 120 in a packet: a mask, then network and metric of each. */
static void report(int fd, long n)
{
	unsigned char bytes[600];

	for (long i = 0; i < n;) {
		int size = head(bytes, 2);

		memcpy(bytes + size, "\xff\xff\x00", 3);
		size += 3;
		for (int k = 0; k < 120 && i < n; k++, i++) {
			uint32_t net = 0x14000000u + ((uint32_t)i << 8);

			bytes[size++] = net >> 24;
			bytes[size++] = net >> 16;
			bytes[size++] = net >> 8;
			bytes[size++] = 2;
		}
		bytes[size - 1] |= 0x80;
		post(fd, "224.0.0.4", bytes, size);
	}
}

static void hosts(int fd, int seconds)
{
	int64_t start = now_ns(), end = start + seconds * 1000000000LL;
	long count = 0;

	for (; now_ns() < end; count++) {
		unsigned char bytes[16] = {0x22, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0xef, 1, 0, 0};

		bytes[14] = count % 1000 >> 8;
		bytes[15] = count % 1000;
		post(fd, "224.0.0.22", bytes, 16);
	}
	printf("%.0f\n", count / ((now_ns() - start) / 1e9));
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "reports")) {
		hosts(raw(argv[2]), atoi(argv[4]));
		return 0;
	}
	if (argc == 6 && !strcmp(argv[1], "routes")) {
		int fd = raw(argv[2]);

		for (long second = 0;; second++) {
			if (second % 5 == 0)
				probe(fd, argv[4]);
			if (second % 10 == 1)
				report(fd, atol(argv[5]));
			sleep(1);
		}
	}
	fprintf(stderr, "usage: neighbor routes IN OWN PEER N | neighbor reports IN OWN SECONDS\n");
	return 64;
}
