/* Reading files whole and replacing them whole. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "softtoken/store.h"

enum { PIECE_LEN = 16384, FILE_NAME_MAX = 32 };

#ifdef GMPKI_TEST_BUILD
int (*st_fault_hook)(int point);
#endif

/* 0, or -1 with errno where a test wants this step to fail. */
static int pass(int point) {
#ifdef GMPKI_TEST_BUILD
    int error = st_fault_hook == NULL ? 0 : st_fault_hook(point);
    if (error != 0) {
        errno = error;
        return -1;
    }
#endif
    (void)point;
    return 0;
}

/* Close a descriptor without changing errno. */
static void close_quietly(int file) {
    int error = errno;
    (void)close(file);
    errno = error;
}

static int write_all(int file, const uint8_t *data, size_t len) {
    while (len != 0) {
        if (pass(ST_FAULT_WRITE) != 0) {
            return -1;
        }
        ssize_t written = write(file, data, len < PIECE_LEN ? len : PIECE_LEN);
        if (written < 0 && errno != EINTR) {
            return -1;
        }
        if (written > 0) {
            data += written;
            len -= (size_t)written;
        }
    }
    return 0;
}

static int sync_file(int file) {
    int result;
    do {
        result = fsync(file);
    } while (result != 0 && errno == EINTR);
    return result;
}

int st_replace_file(int folder, const char *name, const uint8_t *data, size_t len) {
    char fresh[FILE_NAME_MAX];
    if (snprintf(fresh, sizeof fresh, "%s.new", name) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return -1;
    }
    /* What a process that was killed left: not written over, since it may be a link to something else. */
    if (pass(ST_FAULT_OPEN) != 0 || (unlinkat(folder, fresh, 0) != 0 && errno != ENOENT)) {
        return -1;
    }
    int file = openat(folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        return -1;
    }
    int result = write_all(file, data, len);
    if (result == 0) {
        result = pass(ST_FAULT_SYNC) == 0 ? sync_file(file) : -1;
    }
    if (result == 0) {
        result = close(file);
    } else {
        close_quietly(file);
    }
    if (result == 0) {
        result = pass(ST_FAULT_RENAME) == 0 ? renameat(folder, fresh, folder, name) : -1;
    }
    if (result != 0) {
        int error = errno;
        (void)unlinkat(folder, fresh, 0);
        errno = error;
        return -1;
    }
    if (pass(ST_FAULT_SYNC_FOLDER) != 0 || sync_file(folder) != 0) {
        return -1;
    }
    return pass(ST_FAULT_DONE);
}

/* Fill data from a file of this length; a file that shrinks meanwhile is EIO. */
static int read_all(int file, uint8_t *data, size_t len) {
    while (len != 0) {
        ssize_t got = read(file, data, len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got == 0 ? EIO : errno;
            return -1;
        }
        data += got;
        len -= (size_t)got;
    }
    return 0;
}

static int read_open_file(int file, size_t max, st_bytes *data) {
    struct stat status;
    if (fstat(file, &status) != 0) {
        return -1;
    }
    if (!S_ISREG(status.st_mode) || status.st_size < 0 || (uint64_t)status.st_size > max) {
        errno = S_ISREG(status.st_mode) ? EFBIG : EINVAL;
        return -1;
    }
    if (status.st_size == 0) {
        return 0;
    }
    data->data = malloc((size_t)status.st_size);
    if (data->data == NULL) {
        errno = ENOMEM;
        return -1;
    }
    data->len = (size_t)status.st_size;
    if (read_all(file, data->data, data->len) != 0) {
        int error = errno;
        st_bytes_clear(data);
        errno = error;
        return -1;
    }
    return 0;
}

int st_read_file(int folder, const char *name, size_t max, st_bytes *data) {
    *data = (st_bytes){NULL, 0};
    /* Without O_NONBLOCK a pipe in the place of the file would hold us for ever. */
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        return -1;
    }
    int result = read_open_file(file, max, data);
    close_quietly(file);
    return result;
}
