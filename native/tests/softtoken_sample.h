/* A model that has one of everything: what the tests of the codec and of the store work on. */
#ifndef GMPKI_TESTS_SOFTTOKEN_SAMPLE_H
#define GMPKI_TESTS_SOFTTOKEN_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "softtoken/model.h"

static inline int set_pattern(st_bytes *bytes, size_t len, int first) {
    uint8_t data[1024];
    for (size_t i = 0; i < len && i < sizeof data; i++) {
        data[i] = (uint8_t)(first + (int)i);
    }
    return len <= sizeof data && st_bytes_set(bytes, data, len) == ST_OK;
}

/* Fill an application: two containers, three files, two objects. 1 when all could be made. */
static inline int fill_application(st_model *model, st_application *application) {
    st_container *container;
    st_file *file;
    st_object *object;
    int good = st_model_add_container(model, application, &container) == ST_OK;
    if (good) {
        st_pair *pair = &container->pairs[ST_SIGNING];
        strcpy(container->name, "con1");
        pair->kind = ST_SM2;
        pair->bits = 256;
        good = set_pattern(&pair->public_key, 64, 1) && set_pattern(&pair->private_key, 32 + ST_SEAL_OVERHEAD, 2) &&
               set_pattern(&pair->certificate, 300, 3) && set_pattern(&pair->attributes, 20, 4);
        pair = &container->pairs[ST_ENCRYPTION];
        pair->kind = ST_RSA;
        pair->bits = 1024;
        good = good && set_pattern(&pair->public_key, 132, 5) && set_pattern(&pair->private_key, 600, 6);
    }
    if (good && st_model_add_container(model, application, &container) == ST_OK) {
        strcpy(container->name, "\xE5\xAE\xB9\xE5\x99\xA8"); /* no keys, one certificate that came first */
        good = set_pattern(&container->pairs[ST_SIGNING].certificate, 40, 7);
    }
    for (unsigned i = 0; good && i < 3; i++) {
        good = st_model_add_file(model, application, &file) == ST_OK;
        if (good) {
            strcpy(file->name, i == 0 ? "clear" : i == 1 ? "sealed" : "never written");
            file->size = 100;
            file->read_rights = i == 0 ? ST_BY_ANYONE : ST_BY_USER;
            file->write_rights = ST_BY_USER | ST_BY_ADMIN;
            good = set_pattern(&file->content, i == 0 ? 100 : i == 1 ? 100 + ST_SEAL_OVERHEAD : 0, 8);
        }
    }
    for (unsigned i = 0; good && i < 2; i++) {
        good = st_model_add_object(model, application, &object) == ST_OK;
        if (good) {
            object->is_private = (uint8_t)i;
            good = set_pattern(&object->blob, 50 + i * ST_SEAL_OVERHEAD, 9);
        }
    }
    return good;
}

/* NULL when there is no memory. serial is the device's. */
static inline st_model *sample_model(const char *serial) {
    st_model *model = st_model_new();
    if (model == NULL) {
        return NULL;
    }
    strcpy(model->serial, serial);
    strcpy(model->label, "SOFTWARE TOKEN");
    model->profile = (st_profile){.total_space = 65536,
                                  .max_applications = 3,
                                  .max_containers = 4,
                                  .max_session_keys = 8,
                                  .pin_tries = 6,
                                  .pin_iterations = 1};
    memset(model->device_key, 0x5A, sizeof model->device_key);
    int good = 1;
    for (int i = 0; i < 2 && good; i++) {
        st_application *application;
        good = st_model_add_application(model, &application) == ST_OK;
        if (good) {
            strcpy(application->name, i == 0 ? "GMPKI-TEST" : "empty");
            application->create_rights = ST_BY_USER;
            for (int role = ST_ADMIN; role <= ST_USER; role++) {
                st_pin *pin = &application->pins[role];
                *pin = (st_pin){.max_tries = 6, .tries_left = 5, .is_default = 1};
                if (role == ST_ADMIN || i == 0) {
                    pin->wrap.iterations = 3;
                    pin->wrap.sealed_len = (role == ST_ADMIN ? 32 : 16) + ST_SEAL_OVERHEAD;
                    memset(pin->wrap.sealed, 0xA5, pin->wrap.sealed_len);
                }
            }
            good = i != 0 || fill_application(model, application);
        }
    }
    if (!good) {
        st_model_free(model);
        return NULL;
    }
    return model;
}

#endif /* GMPKI_TESTS_SOFTTOKEN_SAMPLE_H */
