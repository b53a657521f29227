/* Preloaded into a process: records what it writes below TORTURE_FOLDER, in order, and what it
 * syncs, once it has called begin_recording. From the write of number TORTURE_FAIL_AT on every write fails, as on a dying disk; at the
 * one of number TORTURE_KILL_AT the process is killed, half of the write done.
 *
 * A record is: kind (1 byte), file (4), offset (8), length (4), then the bytes.
 *   N names a file, W is a write, T a truncation to offset, S a sync.
 * The log goes to TORTURE_LOG. Memory maps are not recorded: SQLite writes through pwrite alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 4096 };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static uint32_t file_of[FILES]; /* by descriptor; 0 is none of ours */
static uint32_t files;
static long writes, fail_at, kill_at;
static int log_fd = -1;
static const char *folder;

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static void raw(const void *bytes, size_t length)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    for (const char *at = bytes; length;) {
        ssize_t done = real(log_fd, at, length);
        if (done < 0) _exit(99);
        at += done, length -= (size_t)done;
    }
}

static void record(char kind, uint32_t file, uint64_t offset, const void *bytes, uint32_t length)
{
    char head[17];
    head[0] = kind;
    memcpy(head + 1, &file, 4);
    memcpy(head + 5, &offset, 8);
    memcpy(head + 13, &length, 4);
    raw(head, sizeof head);
    raw(bytes, length);
}

static long number(const char *name)
{
    const char *said = getenv(name);
    return said ? atol(said) : 0;
}

void begin_recording(void)
{
    const char *log = getenv("TORTURE_LOG");
    folder = getenv("TORTURE_FOLDER");
    fail_at = number("TORTURE_FAIL_AT");
    kill_at = number("TORTURE_KILL_AT");
    REAL(int, "open64", const char *, int, ...);
    if (folder && log) log_fd = real(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static int ours(int fd) { return log_fd >= 0 && fd >= 0 && fd < FILES && file_of[fd]; }

static int opened(int fd, const char *path)
{
    size_t length = folder ? strlen(folder) : 0, all = strlen(path);
    if (fd < 0 || fd >= FILES || log_fd < 0) return fd;
    file_of[fd] = 0;
    if (strncmp(path, folder, length) || path[length] != '/') return fd;
    if (all > 4 && !strcmp(path + all - 4, "-shm")) return fd;
    pthread_mutex_lock(&turn);
    file_of[fd] = ++files;
    record('N', files, 0, path + length + 1, (uint32_t)(all - length - 1));
    pthread_mutex_unlock(&turn);
    return fd;
}

/* Count a write; return whether it must fail. What is acknowledged is no write to the disk. */
static int dying(void)
{
    writes++;
    return fail_at && writes >= fail_at;
}

static ssize_t written(int fd, const void *bytes, off_t offset, ssize_t done)
{
    if (done > 0) record('W', file_of[fd], (uint64_t)offset, bytes, (uint32_t)done);
    pthread_mutex_unlock(&turn);
    return done;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        REAL(int, #name, const char *, int, ...); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        return opened(real(path, flags, mode), path); \
    }
OPEN(open)
OPEN(open64)

int close(int fd)
{
    REAL(int, "close", int);
    if (fd >= 0 && fd < FILES) file_of[fd] = 0;
    return real(fd);
}

#define PWRITE(name, offset_type) \
    ssize_t name(int fd, const void *bytes, size_t length, offset_type offset) \
    { \
        REAL(ssize_t, #name, int, const void *, size_t, offset_type); \
        if (!ours(fd)) return real(fd, bytes, length, offset); \
        pthread_mutex_lock(&turn); \
        if (dying()) { pthread_mutex_unlock(&turn); errno = EIO; return -1; } \
        if (writes == kill_at) { real(fd, bytes, length / 2, offset); raise(SIGKILL); } \
        return written(fd, bytes, offset, real(fd, bytes, length, offset)); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t length)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    if (!ours(fd)) return real(fd, bytes, length);
    pthread_mutex_lock(&turn);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    return written(fd, bytes, offset, real(fd, bytes, length));
}

#define TRUNCATE(name, offset_type) \
    int name(int fd, offset_type length) \
    { \
        REAL(int, #name, int, offset_type); \
        if (!ours(fd)) return real(fd, length); \
        pthread_mutex_lock(&turn); \
        int dead = dying(); \
        if (dead) errno = EIO; \
        int done = dead ? -1 : real(fd, length); \
        if (!done) record('T', file_of[fd], (uint64_t)length, "", 0); \
        pthread_mutex_unlock(&turn); \
        return done; \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name) \
    int name(int fd) \
    { \
        REAL(int, #name, int); \
        if (!ours(fd)) return real(fd); \
        pthread_mutex_lock(&turn); \
        int dead = fail_at && writes >= fail_at; \
        if (dead) errno = EIO; \
        int done = dead ? -1 : 0; /* the machine lives on: what is recorded is what counts */ \
        if (!done) record('S', file_of[fd], 0, "", 0); \
        pthread_mutex_unlock(&turn); \
        return done; \
    }
SYNC(fsync)
SYNC(fdatasync)
