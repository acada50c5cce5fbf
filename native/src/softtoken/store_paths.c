/* Where devices lie: the root folder, their folders, which of them there are. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "softtoken/environment.h"
#include "softtoken/names.h"
#include "softtoken/store_state.h"

char *st_join_path(const char *folder, const char *name) {
    size_t room = strlen(folder) + strlen(name) + 2;
    char *path = malloc(room);
    if (path != NULL) {
        (void)snprintf(path, room, "%s/%s", folder, name);
    }
    return path;
}

char *st_root_path(const char *root) {
    static const struct {
        const char *variable, *below;
    } places[] = {
        {"GMPKI_SOFTTOKEN_DIR", "."}, {"XDG_DATA_HOME", "gmpki/tokens"}, {"HOME", ".local/share/gmpki/tokens"}};
    if (root != NULL) {
        return st_join_path(root, ".");
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *folder = st_environment(places[i].variable);
        if (folder != NULL && folder[0] != 0) {
            return st_join_path(folder, places[i].below);
        }
    }
    return NULL;
}

enum st_status st_make_folders(const char *path) {
    char *part = strdup(path);
    if (part == NULL) {
        return ST_ERR_MEMORY;
    }
    int result = 0;
    for (char *at = part + 1; result == 0 && *at != 0; at++) {
        if (*at == '/') {
            *at = 0;
            result = mkdir(part, 0700) == 0 || errno == EEXIST ? 0 : -1;
            *at = '/';
        }
    }
    if (result == 0) {
        result = mkdir(part, 0700) == 0 || errno == EEXIST ? 0 : -1;
    }
    free(part);
    return result == 0 ? ST_OK : ST_ERR_WRITE;
}

/* Whether nobody else can change what lies in a folder. Else a key could be put there that others know; and what we
 * write in another's folder he could not read any more. */
static int is_ours_alone(int folder) {
    struct stat status;
    return fstat(folder, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

enum st_status st_open_folder(int *folder, const st_store *store) {
    *folder = open(store->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*folder >= 0) {
        if (is_ours_alone(*folder)) {
            return ST_OK;
        }
        (void)close(*folder);
        *folder = -1;
        return ST_ERR_READ;
    }
    return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? ST_ERR_NO_DEVICE : ST_ERR_READ;
}

/* Whether there is a device of this serial number in the folder, whose path begins at the root. */
static int is_device(int root, const char *folder, const char *serial) {
    struct stat status;
    char *token = st_serial_is_valid(serial) ? st_join_path(folder, "token") : NULL;
    int is_there = token != NULL && fstatat(root, token, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
    free(token);
    return is_there;
}

static int compare_serials(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Read the names of a root into found, which has room for ST_LIST_MAX. */
static enum st_status list_root(DIR *root, char (*found)[ST_SERIAL_MAX + 1], size_t *count) {
    size_t seen = 0;
    errno = 0;
    for (struct dirent *entry = readdir(root); entry != NULL && seen < ST_LIST_MAX; entry = readdir(root)) {
        if (is_device(dirfd(root), entry->d_name, entry->d_name)) {
            memcpy(found[seen++], entry->d_name, strlen(entry->d_name) + 1);
        }
        errno = 0;
    }
    enum st_status status = errno == 0 ? ST_OK : ST_ERR_READ;
    qsort(found, seen, sizeof found[0], compare_serials);
    *count = seen;
    return status;
}

enum st_status st_store_list(const char *root, char (*serials)[ST_SERIAL_MAX + 1], size_t *count) {
    size_t room = *count;
    *count = 0;
    char *path = st_root_path(root);
    if (path == NULL) {
        return ST_OK;
    }
    DIR *folder = opendir(path);
    free(path);
    if (folder == NULL) {
        return errno == ENOENT || errno == ENOTDIR ? ST_OK : ST_ERR_READ;
    }
    char (*found)[ST_SERIAL_MAX + 1] = malloc(ST_LIST_MAX * sizeof *found);
    enum st_status status = found == NULL ? ST_ERR_MEMORY : list_root(folder, found, count);
    (void)closedir(folder);
    if (status == ST_OK && serials != NULL) {
        memcpy(serials, found, (room < *count ? room : *count) * sizeof *found);
    }
    free(found);
    return status;
}

/* By paths alone: a process that has no descriptor left must not take its devices for pulled out. */
int st_store_presence(const char *root, const char *serial) {
    char *base = st_root_path(root);
    char *folder = base == NULL ? NULL : st_join_path(base, serial);
    char *absent = folder == NULL ? NULL : st_join_path(folder, "absent");
    int presence = ST_UNKNOWN;
    if (absent != NULL && is_device(AT_FDCWD, folder, serial)) {
        presence = access(absent, F_OK) == 0 ? ST_ABSENT : ST_PRESENT;
    }
    free(absent);
    free(folder);
    free(base);
    return presence;
}
