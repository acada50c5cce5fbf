/* The memory of a model: its arrays, its ids, its space. */
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "softtoken/model.h"

/* ---- bytes ------------------------------------------------------------------------------ */

enum st_status st_bytes_set(st_bytes *bytes, const uint8_t *data, size_t len) {
    uint8_t *copy = NULL;
    if (len != 0) {
        copy = malloc(len);
        if (copy == NULL) {
            return ST_ERR_MEMORY;
        }
        memcpy(copy, data, len);
    }
    st_bytes_clear(bytes);
    bytes->data = copy;
    bytes->len = len;
    return ST_OK;
}

void st_bytes_clear(st_bytes *bytes) {
    if (bytes->data != NULL) {
        gmpki_cleanse(bytes->data, bytes->len);
        free(bytes->data);
    }
    bytes->data = NULL;
    bytes->len = 0;
}

/* ---- what members hold ------------------------------------------------------------------ */

void st_model_clear_pair(st_pair *pair) {
    st_bytes_clear(&pair->public_key);
    st_bytes_clear(&pair->private_key);
    st_bytes_clear(&pair->certificate);
    st_bytes_clear(&pair->attributes);
    pair->kind = ST_NO_KEY;
    pair->bits = 0;
}

static void clear_container(st_container *container) {
    st_model_clear_pair(&container->pairs[ST_SIGNING]);
    st_model_clear_pair(&container->pairs[ST_ENCRYPTION]);
}

void st_model_empty_application(st_application *application) {
    for (size_t i = 0; i < application->container_count; i++) {
        clear_container(&application->containers[i]);
    }
    for (size_t i = 0; i < application->file_count; i++) {
        st_bytes_clear(&application->files[i].content);
    }
    for (size_t i = 0; i < application->object_count; i++) {
        st_bytes_clear(&application->objects[i].blob);
    }
    free(application->containers);
    free(application->files);
    free(application->objects);
    application->containers = NULL;
    application->files = NULL;
    application->objects = NULL;
    application->container_count = 0;
    application->file_count = 0;
    application->object_count = 0;
}

st_model *st_model_new(void) {
    st_model *model = calloc(1, sizeof *model);
    if (model != NULL) {
        model->next_id = 1;
    }
    return model;
}

void st_model_free(st_model *model) {
    if (model == NULL) {
        return;
    }
    for (size_t i = 0; i < model->application_count; i++) {
        st_model_empty_application(&model->applications[i]);
    }
    free(model->applications);
    free(model);
}

/* ---- adding and removing ---------------------------------------------------------------- */

/* The array with room for one more, zeroed, at its end; NULL when there is no memory. */
static void *grown(void *array, size_t count, size_t size) {
    uint8_t *larger = realloc(array, (count + 1) * size);
    if (larger != NULL) {
        memset(larger + count * size, 0, size);
    }
    return larger;
}

/* Close the gap of one member. */
static void close_gap(void *array, size_t *count, size_t size, const void *member) {
    uint8_t *first = array;
    size_t offset = (size_t)((const uint8_t *)member - first);
    memmove(first + offset, first + offset + size, (*count - 1) * size - offset);
    (*count)--;
}

enum st_status st_model_add_application(st_model *model, st_application **application) {
    if (model->application_count >= model->profile.max_applications || model->next_id == UINT32_MAX) {
        return ST_ERR_NO_ROOM;
    }
    st_application *array = grown(model->applications, model->application_count, sizeof *array);
    if (array == NULL) {
        return ST_ERR_MEMORY;
    }
    model->applications = array;
    *application = &array[model->application_count++];
    (*application)->id = model->next_id++;
    return ST_OK;
}

enum st_status st_model_add_container(st_model *model, st_application *application, st_container **container) {
    if (application->container_count >= model->profile.max_containers) {
        return ST_ERR_TOO_MANY_CONTAINERS;
    }
    if (model->next_id == UINT32_MAX) {
        return ST_ERR_NO_ROOM;
    }
    st_container *array = grown(application->containers, application->container_count, sizeof *array);
    if (array == NULL) {
        return ST_ERR_MEMORY;
    }
    application->containers = array;
    *container = &array[application->container_count++];
    (*container)->id = model->next_id++;
    return ST_OK;
}

enum st_status st_model_add_file(st_model *model, st_application *application, st_file **file) {
    if (application->file_count >= ST_FILES_MAX || model->next_id == UINT32_MAX) {
        return ST_ERR_NO_ROOM;
    }
    st_file *array = grown(application->files, application->file_count, sizeof *array);
    if (array == NULL) {
        return ST_ERR_MEMORY;
    }
    application->files = array;
    *file = &array[application->file_count++];
    (*file)->id = model->next_id++;
    return ST_OK;
}

enum st_status st_model_add_object(st_model *model, st_application *application, st_object **object) {
    if (application->object_count >= ST_OBJECTS_MAX || model->next_id == UINT32_MAX) {
        return ST_ERR_NO_ROOM;
    }
    st_object *array = grown(application->objects, application->object_count, sizeof *array);
    if (array == NULL) {
        return ST_ERR_MEMORY;
    }
    application->objects = array;
    *object = &array[application->object_count++];
    (*object)->id = model->next_id++;
    return ST_OK;
}

void st_model_remove_application(st_model *model, st_application *application) {
    st_model_empty_application(application);
    close_gap(model->applications, &model->application_count, sizeof *application, application);
}

void st_model_remove_container(st_application *application, st_container *container) {
    clear_container(container);
    close_gap(application->containers, &application->container_count, sizeof *container, container);
}

void st_model_remove_file(st_application *application, st_file *file) {
    st_bytes_clear(&file->content);
    close_gap(application->files, &application->file_count, sizeof *file, file);
}

void st_model_remove_object(st_application *application, st_object *object) {
    st_bytes_clear(&object->blob);
    close_gap(application->objects, &application->object_count, sizeof *object, object);
}

/* ---- finding ---------------------------------------------------------------------------- */

st_application *st_model_application(const st_model *model, uint32_t id) {
    for (size_t i = 0; i < model->application_count; i++) {
        if (model->applications[i].id == id) {
            return &model->applications[i];
        }
    }
    return NULL;
}

st_application *st_model_application_named(const st_model *model, const char *name) {
    for (size_t i = 0; i < model->application_count; i++) {
        if (strcmp(model->applications[i].name, name) == 0) {
            return &model->applications[i];
        }
    }
    return NULL;
}

st_container *st_model_container(const st_application *application, uint32_t id) {
    for (size_t i = 0; i < application->container_count; i++) {
        if (application->containers[i].id == id) {
            return &application->containers[i];
        }
    }
    return NULL;
}

st_container *st_model_container_named(const st_application *application, const char *name) {
    for (size_t i = 0; i < application->container_count; i++) {
        if (strcmp(application->containers[i].name, name) == 0) {
            return &application->containers[i];
        }
    }
    return NULL;
}

st_file *st_model_file_named(const st_application *application, const char *name) {
    for (size_t i = 0; i < application->file_count; i++) {
        if (strcmp(application->files[i].name, name) == 0) {
            return &application->files[i];
        }
    }
    return NULL;
}

st_object *st_model_object(const st_application *application, uint32_t id) {
    for (size_t i = 0; i < application->object_count; i++) {
        if (application->objects[i].id == id) {
            return &application->objects[i];
        }
    }
    return NULL;
}

/* ---- space ------------------------------------------------------------------------------ */

static uint64_t pair_space(const st_pair *pair) {
    return (uint64_t)pair->public_key.len + pair->private_key.len + pair->certificate.len + pair->attributes.len;
}

uint32_t st_model_used_space(const st_model *model) {
    uint64_t used = 0;
    for (size_t i = 0; i < model->application_count; i++) {
        const st_application *application = &model->applications[i];
        for (size_t j = 0; j < application->container_count; j++) {
            used += pair_space(&application->containers[j].pairs[ST_SIGNING]);
            used += pair_space(&application->containers[j].pairs[ST_ENCRYPTION]);
        }
        for (size_t j = 0; j < application->file_count; j++) {
            used += application->files[j].size;
        }
        for (size_t j = 0; j < application->object_count; j++) {
            used += application->objects[j].blob.len;
        }
    }
    return used < UINT32_MAX ? (uint32_t)used : UINT32_MAX;
}

int st_model_has_room(const st_model *model, size_t len) {
    uint32_t used = st_model_used_space(model);
    return used <= model->profile.total_space && len <= model->profile.total_space - used;
}
