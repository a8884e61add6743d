/*
 * floor PORT: the least that delivering costs. It keeps every GET as a chunked event stream, or as a WebSocket where it asks for
 * one, and hands each POST body to all of them: one send() per held connection, one thread, nothing else. No channels, no header parsing, no answer
 * to a client that does not read. What a server spends per delivery, divided by what this spends, is its ratio.
 * Loopback only. A request must arrive in one read, which is what our tools send.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FD = 32768, READ_BYTES = 65536, EVENTS = 512 };

/* The held connections, dense, and where each descriptor stands among them (0: nowhere, else position + 1). */
static int streams[MAX_FD];
static int place[MAX_FD];
static int stream_count;
static char is_socket[MAX_FD];

static void reply(int fd, const char *text) {
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0) perror("floor: send");
}

static void keep_stream(int fd, int wants_socket) {
    is_socket[fd] = (char)wants_socket;
    /* Our clients do not check the key's answer. */
    reply(fd, wants_socket ? "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                           : "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    streams[stream_count] = fd;
    place[fd] = ++stream_count;
}

static void forget(int fd) {
    if (place[fd]) {
        int last = streams[--stream_count];
        streams[place[fd] - 1] = last;
        place[last] = place[fd];
        place[fd] = 0;
    }
    close(fd);
}

/* A text message in one frame. RFC 6455 section 5.2. */
static int frame_text(char *frame, const char *payload, int length) {
    int head = length < 126 ? 2 : 4;
    frame[0] = (char)0x81;
    frame[1] = (char)(length < 126 ? length : 126);
    if (head == 4) {
        frame[2] = (char)(length >> 8);
        frame[3] = (char)length;
    }
    memcpy(frame + head, payload, (size_t)length);
    return head + length;
}

static void deliver(const char *payload, int length) {
    static char chunk[READ_BYTES + 64], frame[READ_BYTES + 64];
    int chunk_bytes = snprintf(chunk, sizeof chunk, "%x\r\ndata: %.*s\n\n\r\n", (unsigned)length + 8, length, payload);
    int frame_bytes = frame_text(frame, payload, length);
    for (int i = 0; i < stream_count; i++) {
        int fd = streams[i], bytes = is_socket[fd] ? frame_bytes : chunk_bytes;
        if (send(fd, is_socket[fd] ? frame : chunk, (size_t)bytes, MSG_NOSIGNAL | MSG_DONTWAIT) != bytes)
            fputs("floor: a client does not keep up\n", stderr);
    }
}

static void handle_request(int fd) {
    static char request[READ_BYTES];
    ssize_t got = recv(fd, request, sizeof request - 1, 0);
    if (got <= 0) {
        forget(fd);
        return;
    }
    request[got] = '\0';
    char *head_end = strstr(request, "\r\n\r\n");
    if (request[0] == 'G') {
        keep_stream(fd, strstr(request, "Upgrade: websocket") != NULL);
    } else if (head_end) {
        reply(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        deliver(head_end + 4, (int)(request + got - head_end - 4));
    }
}

static void watch(int poller, int fd) {
    struct epoll_event interest = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &interest)) perror("floor: epoll_ctl");
}

static void accept_all(int poller, int listener) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (fd < MAX_FD) watch(poller, fd);
        else close(fd);
    }
}

static int listen_on(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
        perror("floor: listen");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv) {
    struct epoll_event ready[EVENTS];
    int listener = listen_on(argc == 2 ? atoi(argv[1]) : 0), poller = epoll_create1(0);
    signal(SIGPIPE, SIG_IGN);
    watch(poller, listener);
    for (;;) {
        int count = epoll_wait(poller, ready, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.fd == listener) accept_all(poller, listener);
            else handle_request(ready[i].data.fd);
        }
    }
}
