/* Files of applications (GM/T 0016-2012 7.4). */
#include <stdlib.h>

#include "common/bytes.h"
#include "softtoken/device.h"
#include "softtoken/names.h"

/* ---- content ---------------------------------------------------------------------------- */

/* The key that content lies under, NULL: it lies in clear. Whoever may read or write has it. */
static const uint8_t *content_key(st_device *device, const st_application *application, const st_file *file) {
    const st_login *login = st_login_of(device, application->id);
    switch (st_file_protection(file->read_rights, file->write_rights)) {
    case ST_UNDER_USER_KEY:
        return login->user_key;
    case ST_UNDER_ADMIN_KEY:
        return login->admin_key;
    case ST_UNDER_STORE_KEY:
        return st_store_key(device->store);
    default:
        return NULL;
    }
}

static st_place content_place(const st_device *device, const st_application *application, const st_file *file) {
    return (st_place){device->serial, application->id, file->id, ST_SEALED_FILE};
}

/* Cleanse and free the plaintext of a file. */
static void drop_content(uint8_t *content, const st_file *file) {
    if (content != NULL) {
        gmpki_cleanse(content, file->size);
        free(content);
    }
}

/* The plaintext of a whole file in new memory. */
static enum st_status open_content(st_device *device, const st_application *application, const st_file *file,
                                   uint8_t **content) {
    const uint8_t *key = content_key(device, application, file);
    size_t overhead = key == NULL ? 0 : ST_SEAL_OVERHEAD;
    uint8_t *plain = calloc(1, (size_t)file->size + 1); /* never a request for nothing */
    if (plain == NULL) {
        return ST_ERR_MEMORY;
    }
    enum st_status status = ST_OK;
    if (file->content.len != 0) {
        if (file->content.len != file->size + overhead) {
            status = ST_ERR_DAMAGED;
        } else if (key == NULL) {
            memcpy(plain, file->content.data, file->size);
        } else {
            st_place place = content_place(device, application, file);
            status = st_unseal(plain, key, &place, file->content.data, file->content.len);
        }
    }
    if (status != ST_OK) {
        drop_content(plain, file);
        return status;
    }
    *content = plain;
    return ST_OK;
}

static enum st_status close_content(st_device *device, const st_application *application, st_file *file,
                                    const uint8_t *content) {
    const uint8_t *key = content_key(device, application, file);
    if (key == NULL) {
        return st_bytes_set(&file->content, content, file->size);
    }
    st_place place = content_place(device, application, file);
    return st_seal_bytes(&file->content, key, &place, content, file->size);
}

/* ---- making, deleting, finding ---------------------------------------------------------- */

enum st_status st_file_create(st_device *device, uint32_t application, const char *name, uint32_t size,
                              uint32_t read_rights, uint32_t write_rights) {
    st_application *found;
    st_file *file;
    unsigned who;
    if (name == NULL || st_rights_check(read_rights) != ST_OK || st_rights_check(write_rights) != ST_OK) {
        return ST_ERR_ARGUMENT;
    }
    if (!st_name_is_valid(name, ST_FILE_NAME_MAX)) {
        return ST_ERR_NAME;
    }
    enum st_status status = st_enter_application(device, ST_CHANGING, application, &found, &who);
    if (status != ST_OK) {
        return status;
    }
    status = st_rights_let(found->create_rights, who);
    if (status == ST_OK && st_model_file_named(found, name) != NULL) {
        status = ST_ERR_FILE_EXISTS;
    }
    if (status == ST_OK) {
        status = st_model_add_file(device->model, found, &file);
    }
    if (status == ST_OK) {
        memcpy(file->name, name, strlen(name));
        file->size = size;
        file->read_rights = read_rights;
        file->write_rights = write_rights;
    }
    return st_leave(device, status);
}

/* Enter, and find the application and the file. */
static enum st_status enter_file(st_device *device, enum st_entering entering, uint32_t application, const char *name,
                                 st_application **found, st_file **file, unsigned *who) {
    if (name == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_application(device, entering, application, found, who);
    if (status != ST_OK) {
        return status;
    }
    *file = st_model_file_named(*found, name);
    if (*file == NULL) {
        status = st_leave(device, ST_ERR_NO_FILE);
        return status == ST_OK ? ST_ERR_FAILED : status; /* which it never is; the compiler cannot know */
    }
    return ST_OK;
}

enum st_status st_file_delete(st_device *device, uint32_t application, const char *name) {
    st_application *found;
    st_file *file;
    unsigned who;
    enum st_status status = enter_file(device, ST_CHANGING, application, name, &found, &file, &who);
    if (status != ST_OK) {
        return status;
    }
    status = st_rights_let(found->create_rights, who);
    if (status == ST_OK) {
        st_model_remove_file(found, file);
    }
    return st_leave(device, status);
}

static void describe(st_file_info *info, const st_file *file) {
    memset(info, 0, sizeof *info);
    memcpy(info->name, file->name, sizeof info->name);
    info->size = file->size;
    info->read_rights = file->read_rights;
    info->write_rights = file->write_rights;
}

enum st_status st_file_list(st_device *device, uint32_t application, st_file_info *files, size_t *count) {
    st_application *found;
    if (count == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_application(device, ST_LOOKING, application, &found, NULL);
    if (status != ST_OK) {
        return status;
    }
    status = st_room(files, count, found->file_count);
    for (size_t i = 0; status == ST_OK && files != NULL && i < found->file_count; i++) {
        describe(&files[i], &found->files[i]);
    }
    return st_leave(device, status);
}

enum st_status st_file_get_info(st_device *device, uint32_t application, const char *name, st_file_info *info) {
    st_application *found;
    st_file *file;
    if (info == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = enter_file(device, ST_LOOKING, application, name, &found, &file, NULL);
    if (status != ST_OK) {
        return status;
    }
    describe(info, file);
    return st_leave(device, ST_OK);
}

/* ---- reading and writing ---------------------------------------------------------------- */

enum st_status st_file_read(st_device *device, uint32_t application, const char *name, uint32_t offset, uint8_t *data,
                            size_t *len) {
    st_application *found;
    st_file *file;
    unsigned who;
    uint8_t *content = NULL;
    if (len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = enter_file(device, ST_LOOKING, application, name, &found, &file, &who);
    if (status != ST_OK) {
        return status;
    }
    status = st_rights_let(file->read_rights, who);
    if (status == ST_OK && offset > file->size) {
        status = ST_ERR_FILE_RANGE;
    }
    if (status == ST_OK) {
        size_t rest = file->size - offset;
        *len = data == NULL || *len > rest ? rest : *len;
    }
    if (status == ST_OK && data != NULL) {
        status = open_content(device, found, file, &content);
    }
    if (status == ST_OK && data != NULL) {
        copy_bytes(data, content + offset, *len);
        drop_content(content, file);
    }
    return st_leave(device, status);
}

enum st_status st_file_write(st_device *device, uint32_t application, const char *name, uint32_t offset,
                             const uint8_t *data, size_t len) {
    st_application *found;
    st_file *file;
    unsigned who;
    uint8_t *content = NULL;
    if (data == NULL && len != 0) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = enter_file(device, ST_CHANGING, application, name, &found, &file, &who);
    if (status != ST_OK) {
        return status;
    }
    status = st_rights_let(file->write_rights, who);
    if (status == ST_OK && (offset > file->size || len > file->size - offset)) {
        status = ST_ERR_FILE_RANGE;
    }
    if (status == ST_OK) {
        status = open_content(device, found, file, &content);
    }
    if (status == ST_OK) {
        copy_bytes(content + offset, data, len);
        status = close_content(device, found, file, content);
        drop_content(content, file);
    }
    return st_leave(device, status);
}
