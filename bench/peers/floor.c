/*
 * The least work of a chat server: it reads, and sends each read to every other socket of the room with one call. A
 * connection begins with a line that ends in the number of its room; after that nothing is parsed, and nothing is kept, so
 * the cost is that of the kernel.
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
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65536, READ = 65536, EVENTS = 256 };

struct room {
    int *members;
    int count, space;
};

static struct room rooms[MOST];
/* Of each socket: its room, and its place there. */
static struct room *room_of[MOST];
static int place[MOST];

static void enter(int socket, struct room *room)
{
    if (room->count == room->space) {
        room->space = room->space * 2 + 4;
        room->members = realloc(room->members, room->space * sizeof *room->members);
        if (room->members == NULL) abort();
    }
    room_of[socket] = room;
    place[socket] = room->count;
    room->members[room->count++] = socket;
}

static void leave(int socket)
{
    struct room *room = room_of[socket];
    if (room != NULL) {
        int last = room->members[--room->count];
        room->members[place[socket]] = last;
        place[last] = place[socket];
        room_of[socket] = NULL;
    }
    close(socket);
}

/* The first line of a connection. Gives the length of the line; 0: it is not whole. */
static ssize_t first_line(int socket, const char *bytes, ssize_t length)
{
    const char *end = memchr(bytes, '\n', length), *digit = end;
    if (end == NULL) return 0;
    while (digit > bytes && digit[-1] >= '0' && digit[-1] <= '9') digit--;
    enter(socket, &rooms[strtoul(digit, NULL, 10) % MOST]);
    return end + 1 - bytes;
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
                epoll_ctl(poll, EPOLL_CTL_ADD, socket, &(struct epoll_event){ .events = EPOLLIN, .data.fd = socket });
                continue;
            }
            ssize_t length = recv(from, bytes, READ, 0);
            if (length < 0 && errno == EAGAIN) continue;
            if (length <= 0) {
                leave(from);
                continue;
            }
            ssize_t start = 0;
            if (room_of[from] == NULL && (start = first_line(from, bytes, length)) == 0) {
                leave(from);
                continue;
            }
            if (start == length) continue;
            struct room *room = room_of[from];
            for (int at = 0; at < room->count; at++)
                if (room->members[at] != from) give(room->members[at], bytes + start, length - start);
        }
    }
}
