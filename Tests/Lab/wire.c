/*
 * A wire in the hand: packets with any source put on it, and all that comes by read off it, with no host's
 * networking in between (no address, no join, no reverse path needed).
 *
 *   wire inject         commands on standard input: "send IF SOURCE GROUP TTL COUNT" answers "sent LAST";
 *                       "raw IF BYTES [MAC]", a whole IPv4 packet in hexadecimal, answers "sent 1"
 *   wire watch IF...    "ready", then for each numbered packet that arrives "SOURCE GROUP NUMBER TTL IF", and for
 *                       each of IGMP "igmp IF BYTES", the whole IPv4 packet; "mrdisc IF BYTES" if it is one of
 *                       multicast router discovery
 *
 * Numbers count from 1 in each (source, group). An injected packet has 64 bytes by IPv4, 84 by IPv6.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 5000
#define MAGIC 0x6d636173u
#define PAYLOAD 36

struct flow {
	char key[128];
	uint32_t number;
};

static struct flow flows[4096];
static int flow_count;

static void die(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned index_of(const char *interface)
{
	unsigned index = if_nametoindex(interface);

	if (!index)
		die(interface);
	return index;
}

static struct flow *flow_of(const char *source, const char *group)
{
	char key[128];

	snprintf(key, sizeof(key), "%s %s", source, group);
	for (int i = 0; i < flow_count; i++)
		if (!strcmp(flows[i].key, key))
			return &flows[i];
	if (flow_count == 4096)
		exit(64);
	memcpy(flows[flow_count].key, key, sizeof(key));
	return &flows[flow_count++];
}

static uint16_t checksum(uint32_t sum, const void *data, int length)
{
	const uint8_t *bytes = data;

	for (int i = 0; i < length; i++)
		sum += i & 1 ? bytes[i] : bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static int fill(uint8_t *packet, const char *source, const char *group, int ttl, uint32_t number, uint8_t *mac)
{
	uint32_t payload[PAYLOAD / 4] = {htonl(MAGIC), htonl(number)};
	struct udphdr udp = {.source = htons(PORT), .dest = htons(PORT), .len = htons(8 + PAYLOAD)};
	int header;

	if (strchr(group, ':')) {
		struct ip6_hdr ip = {.ip6_flow = htonl(6u << 28), .ip6_plen = udp.len, .ip6_nxt = IPPROTO_UDP};

		header = sizeof(ip);
		ip.ip6_hlim = ttl;
		if (inet_pton(AF_INET6, source, &ip.ip6_src) != 1 || inet_pton(AF_INET6, group, &ip.ip6_dst) != 1)
			exit(64);
		memcpy(mac, "\x33\x33", 2);
		memcpy(mac + 2, (uint8_t *)&ip.ip6_dst + 12, 4);
		memcpy(packet, &ip, header);
	} else {
		struct iphdr ip = {.version = 4, .ihl = 5, .protocol = IPPROTO_UDP, .ttl = ttl};

		header = sizeof(ip);
		ip.tot_len = htons(header + 8 + PAYLOAD);
		if (inet_pton(AF_INET, source, &ip.saddr) != 1 || inet_pton(AF_INET, group, &ip.daddr) != 1)
			exit(64);
		memcpy(mac, "\x01\x00\x5e", 3);
		memcpy(mac + 3, (uint8_t *)&ip.daddr + 1, 3);
		mac[3] &= 0x7f;
		ip.check = checksum(0, &ip, header);
		memcpy(packet, &ip, header);
	}
	memcpy(packet + header, &udp, 8);
	memcpy(packet + header + 8, payload, PAYLOAD);
	if (header == 40) {
		/* The pseudo header: both addresses, length, protocol. */
		uint32_t sum = 8 + PAYLOAD + IPPROTO_UDP;

		udp.check = checksum(sum, packet + 8, 32 + 8 + PAYLOAD);
		memcpy(packet + header, &udp, 8);
	}
	return header + 8 + PAYLOAD;
}

/* A packet of the test's own making; its group gives the address on the link, else everybody gets it. */
static int fill_raw(uint8_t *packet, const char *hex, const char *to, uint8_t *mac)
{
	unsigned byte;
	int length = 0;

	while (length < 1500 && sscanf(hex + 2 * length, "%2x", &byte) == 1)
		packet[length++] = byte;
	if (length < 20)
		exit(64);
	memcpy(mac, "\x01\x00\x5e", 3);
	memcpy(mac + 3, packet + 17, 3);
	mac[3] &= 0x7f;
	if (packet[16] >> 4 != 0xe)
		memset(mac, 0xff, 6);
	for (int i = 0; to && i < 6 && sscanf(to + 3 * i, "%2x", &byte) == 1; i++)
		mac[i] = byte;
	return length;
}

static int inject(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	char line[4096], *word[6];

	if (fd < 0)
		die("packet socket");
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin)) {
		struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = 6};
		struct flow *flow;
		uint8_t packet[1500];
		int words = 0;

		for (char *w = strtok(line, " \n"); w && words < 6; w = strtok(NULL, " \n"))
			word[words++] = w;
		if (words < 3)
			exit(64);
		to.sll_ifindex = index_of(word[1]);
		if (!strcmp(word[0], "raw")) {
			int length = fill_raw(packet, word[2], words > 3 ? word[3] : NULL, to.sll_addr);

			to.sll_protocol = htons(ETH_P_IP);
			if (sendto(fd, packet, length, 0, (void *)&to, sizeof(to)) < 0)
				die("send");
			printf("sent 1\n");
			continue;
		}
		if (words != 6 || strcmp(word[0], "send"))
			exit(64);
		to.sll_protocol = htons(strchr(word[3], ':') ? ETH_P_IPV6 : ETH_P_IP);
		flow = flow_of(word[2], word[3]);
		for (int i = 0; i < atoi(word[5]); i++) {
			int length = fill(packet, word[2], word[3], atoi(word[4]), ++flow->number, to.sll_addr);

			if (sendto(fd, packet, length, 0, (void *)&to, sizeof(to)) < 0 && errno != ENETDOWN
			    && errno != ENOBUFS)
				die("send");
		}
		printf("sent %u\n", flow->number);
	}
	return 0;
}

static void show(const uint8_t *packet, int length, const char *interface)
{
	char source[64], group[64];
	int v6 = length > 0 && packet[0] >> 4 == 6, header = v6 ? 40 : length > 0 ? (packet[0] & 15) * 4 : 0;
	uint32_t payload[2];

	if (!v6 && length >= header + 4 && packet[9] == IPPROTO_IGMP) {
		int discovery = packet[header] >= 0x30 && packet[header] <= 0x32;

		printf("%s %s ", discovery ? "mrdisc" : "igmp", interface);
		for (int i = 0; i < length; i++)
			printf("%02x", packet[i]);
		printf("\n");
		return;
	}
	if (length < header + 16 || packet[v6 ? 6 : 9] != IPPROTO_UDP)
		return;
	memcpy(payload, packet + header + 8, 8);
	if (payload[0] != htonl(MAGIC))
		return;
	inet_ntop(v6 ? AF_INET6 : AF_INET, packet + (v6 ? 8 : 12), source, sizeof(source));
	inet_ntop(v6 ? AF_INET6 : AF_INET, packet + (v6 ? 24 : 16), group, sizeof(group));
	printf("%s %s %u %d %s\n", source, group, ntohl(payload[1]), packet[v6 ? 7 : 8], interface);
}

static void watch(int count, char **interfaces)
{
	struct pollfd wait[64];
	int buffer = 64 << 20;

	for (int i = 0; i < count && i < 64; i++) {
		struct sockaddr_ll on = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};

		on.sll_ifindex = index_of(interfaces[i]);
		wait[i] = (struct pollfd){.fd = socket(AF_PACKET, SOCK_DGRAM, 0), .events = POLLIN};
		setsockopt(wait[i].fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
		if (bind(wait[i].fd, (void *)&on, sizeof(on)) < 0)
			die("bind");
	}
	printf("ready\n");
	for (;;) {
		if (poll(wait, count, -1) < 0 && errno != EINTR)
			die("poll");
		for (int i = 0; i < count; i++) {
			struct sockaddr_ll from = {0};
			socklen_t size = sizeof(from);
			uint8_t packet[2048];
			ssize_t n;

			if (!wait[i].revents)
				continue;
			n = recvfrom(wait[i].fd, packet, sizeof(packet), 0, (void *)&from, &size);
			/* What this end itself sends is not what came. */
			if (n > 0 && from.sll_pkttype != PACKET_OUTGOING)
				show(packet, n, interfaces[i]);
		}
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "inject"))
		return inject();
	if (argc >= 3 && argc < 67 && !strcmp(argv[1], "watch"))
		watch(argc - 2, argv + 2);
	fprintf(stderr, "usage: wire inject | wire watch IF...\n");
	return 64;
}
