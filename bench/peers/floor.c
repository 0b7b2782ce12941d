/*
 * The least work of a chat server: it reads, and sends each read to every other socket with one call. It parses
 * nothing, keeps nothing and knows no rooms, so its cost is that of the kernel.
 *
 * Usage: floor PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65536, READ = 65536, EVENTS = 256 };

static int members[MOST];
static int place[MOST];
static int count;

static void leave(int socket)
{
    int last = members[--count];
    members[place[socket]] = last;
    place[last] = place[socket];
    close(socket);
}

/* Waits for a socket whose buffer is full: the floor must lose nothing, and no client of the bench is slow for long. */
static void give(int socket, const char *bytes, ssize_t length)
{
    while (length > 0) {
        ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            usleep(100);
            continue;
        }
        if (sent < 0) return;
        bytes += sent;
        length -= sent;
    }
}

int main(int argc, char **argv)
{
    static char bytes[READ];
    struct epoll_event events[EVENTS];
    struct rlimit files;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int yes = 1, listener, poll;

    if (argc != 2) return 2;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    address.sin_port = htons(atoi(argv[1]));
    listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
        perror("floor");
        return 1;
    }
    poll = epoll_create1(0);
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &(struct epoll_event){ .events = EPOLLIN, .data.fd = listener });
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int from = events[i].data.fd;
            if (from == listener) {
                int socket = accept4(listener, 0, 0, SOCK_NONBLOCK);
                if (socket < 0 || socket >= MOST) continue;
                setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                place[socket] = count;
                members[count++] = socket;
                epoll_ctl(poll, EPOLL_CTL_ADD, socket, &(struct epoll_event){ .events = EPOLLIN, .data.fd = socket });
                continue;
            }
            ssize_t length = recv(from, bytes, READ, 0);
            if (length < 0 && errno == EAGAIN) continue;
            if (length <= 0) {
                leave(from);
                continue;
            }
            for (int at = 0; at < count; at++)
                if (members[at] != from) give(members[at], bytes, length);
        }
    }
}
