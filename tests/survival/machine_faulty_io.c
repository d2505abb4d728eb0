/* Preloaded into a process: the n-th write or fsync of one database fails, as on a disk that breaks or is full.
   What is to fail is read from a file that both sides map: see machine_faulty_io.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

struct orders {
    int32_t nth;    /* which call fails, from 1; 0: none */
    int32_t sticky; /* 1: every later one too */
    int32_t error;
    int32_t seen;   /* calls so far */
    int32_t failed;
};

static struct orders *orders;
static const char *name;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("FAULTY_IO_ORDERS");
    name = getenv("FAULTY_IO_NAME");
    int handle = file && name ? open(file, O_RDWR | O_CLOEXEC) : -1;
    if (handle < 0) return;
    void *mapped = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    if (mapped != MAP_FAILED) orders = mapped;
    close(handle);
}

static int fails(int handle) {
    if (!orders || !orders->nth) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    /* The shared memory of a WAL is mapped: a file cut short there is a crash and no error of writing. */
    if (!strstr(path, name) || strstr(path, "-shm")) return 0;
    int32_t number = __sync_add_and_fetch(&orders->seen, 1);
    if (number != orders->nth && !(orders->sticky && number > orders->nth)) return 0;
    __sync_add_and_fetch(&orders->failed, 1);
    errno = orders->error;
    return 1;
}

#define REAL(function) ((typeof(&function))dlsym(RTLD_NEXT, #function))

ssize_t pwrite(int h, const void *b, size_t n, off_t at) { return fails(h) ? -1 : REAL(pwrite)(h, b, n, at); }
ssize_t pwrite64(int h, const void *b, size_t n, off64_t at) { return fails(h) ? -1 : REAL(pwrite64)(h, b, n, at); }
ssize_t write(int h, const void *b, size_t n) { return fails(h) ? -1 : REAL(write)(h, b, n); }
int fsync(int h) { return fails(h) ? -1 : REAL(fsync)(h); }
int fdatasync(int h) { return fails(h) ? -1 : REAL(fdatasync)(h); }
int ftruncate(int h, off_t n) { return fails(h) ? -1 : REAL(ftruncate)(h, n); }
int ftruncate64(int h, off64_t n) { return fails(h) ? -1 : REAL(ftruncate64)(h, n); }
