/* A folder for the devices of one test program: made, and taken away with all that is in it. Include first. */
#ifndef GMPKI_TESTS_SOFTTOKEN_FOLDER_H
#define GMPKI_TESTS_SOFTTOKEN_FOLDER_H

#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */
#endif
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char test_root[256];

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place) {
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

/* Remove a folder and all that is in it. */
static inline void remove_tree(const char *path) {
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Make the folder and let it be the default root. 0, or -1. */
static inline int begin_root(void) {
    const char *above = getenv("TMPDIR");
    (void)snprintf(test_root, sizeof test_root, "%s/gmpki-softtoken-XXXXXX", above == NULL ? P_tmpdir : above);
    return mkdtemp(test_root) == NULL ? -1 : setenv("GMPKI_SOFTTOKEN_DIR", test_root, 1);
}

static inline void end_root(void) {
    remove_tree(test_root);
}

/* The path of a file of a device in the folder. */
static inline const char *device_file(const char *serial, const char *name) {
    static char path[512];
    (void)snprintf(path, sizeof path, "%s/%s/%s", test_root, serial, name);
    return path;
}

/* Read a file whole into a buffer of room bytes; its length, or 0. */
static inline size_t read_test_file(const char *path, unsigned char *data, size_t room) {
    FILE *file = fopen(path, "rb");
    size_t len = file == NULL ? 0 : fread(data, 1, room, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    return len;
}

/* Write a file whole. 0, or -1. */
static inline int write_test_file(const char *path, const unsigned char *data, size_t len) {
    FILE *file = fopen(path, "wb");
    int good = file != NULL && (len == 0 || fwrite(data, 1, len, file) == len);
    if (file != NULL) {
        good = fclose(file) == 0 && good;
    }
    return good ? 0 : -1;
}

#endif /* GMPKI_TESTS_SOFTTOKEN_FOLDER_H */
