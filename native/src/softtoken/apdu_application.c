/*
 * Card commands of applications. OpenApplication takes the name and answers the rights to create files, how many
 * containers, certificates and files there may be, and the application's number (C). EnumApplication answers names,
 * each with a NUL behind it; DeleteApplication takes the name; CreateApplication, protected, takes the name, the
 * administrator's PIN, its tries (1 byte), the user's PIN, its tries, and the rights to create files (4 bytes), texts
 * behind their length in one byte (ours).
 */
#include "softtoken/apdu_session.h"

enum { FILES_MAX = 0xFFFF };

enum st_status st_apdu_application_create(st_apdu_session *session, st_apdu_command *command) {
    uint8_t plaintext[ST_APDU_PROTECTED_MAX];
    char name[ST_APPLICATION_NAME_MAX + 1];
    char pins[2][ST_PIN_MAX + 1];
    uint32_t tries[2] = {0, 0};
    uint32_t rights = 0;
    uint32_t application = 0;
    st_apdu_fields fields;
    enum st_status status = st_apdu_unprotect(session, &command->data, plaintext, &fields);
    if (status != ST_OK) {
        return status;
    }
    status = st_apdu_take_counted(&fields, name, ST_APPLICATION_NAME_MAX);
    for (size_t i = 0; status == ST_OK && i < 2; i++) {
        status = st_apdu_take_counted(&fields, pins[i], ST_PIN_MAX);
        status = status == ST_OK ? st_apdu_take_number(&fields, 1, &tries[i]) : status;
    }
    status = status == ST_OK ? st_apdu_take_number(&fields, 4, &rights) : status;
    status = status == ST_OK ? st_apdu_at_end(&fields) : status;
    if (status == ST_OK) {
        status =
            st_application_create(session->device, name, pins[0], tries[0], pins[1], tries[1], rights, 0, &application);
    }
    gmpki_cleanse(plaintext, sizeof plaintext);
    gmpki_cleanse(pins, sizeof pins);
    return status;
}

enum st_status st_apdu_application_list(st_apdu_session *session, st_apdu_command *command) {
    uint32_t ids[ST_LIST_MAX];
    char name[ST_APPLICATION_NAME_MAX + 1];
    size_t count = ST_LIST_MAX;
    enum st_status status = st_apdu_at_end(&command->data);
    if (status == ST_OK) {
        status = st_application_list(session->device, ids, &count);
    }
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = st_application_name(session->device, ids[i], name);
        if (status == ST_ERR_NO_APPLICATION) { /* another process deleted it meanwhile */
            status = ST_OK;
        } else if (status == ST_OK) {
            status = st_apdu_put_text(session, name);
        }
    }
    return status;
}

static enum st_status take_name(st_apdu_command *command, char name[ST_APPLICATION_NAME_MAX + 1]) {
    return st_apdu_take_text(&command->data, command->data.left, name, ST_APPLICATION_NAME_MAX);
}

enum st_status st_apdu_application_delete(st_apdu_session *session, st_apdu_command *command) {
    char name[ST_APPLICATION_NAME_MAX + 1];
    enum st_status status = take_name(command, name);
    return status == ST_OK ? st_application_delete(session->device, name) : status;
}

/* The place of an application that is open, else a free one. */
static enum st_status choose_slot(st_apdu_session *session, uint32_t application, size_t *slot) {
    *slot = ST_APDU_APPLICATIONS;
    for (size_t i = 0; i < ST_APDU_APPLICATIONS; i++) {
        if (session->applications[i].used && session->applications[i].id == application) {
            *slot = i;
            return ST_OK;
        }
        if (!session->applications[i].used && *slot == ST_APDU_APPLICATIONS) {
            *slot = i;
        }
    }
    return *slot == ST_APDU_APPLICATIONS ? ST_ERR_NO_ROOM : ST_OK;
}

enum st_status st_apdu_application_open(st_apdu_session *session, st_apdu_command *command) {
    char name[ST_APPLICATION_NAME_MAX + 1];
    uint32_t application = 0;
    uint32_t create_rights = 0;
    size_t slot = 0;
    st_device_info info;
    enum st_status status = take_name(command, name);
    if (status == ST_OK) {
        status = st_application_find(session->device, name, &application);
    }
    if (status == ST_OK) {
        status = st_application_create_rights(session->device, application, &create_rights);
    }
    if (status == ST_OK) {
        status = st_device_get_info(session->device, &info);
    }
    if (status == ST_OK) {
        status = choose_slot(session, application, &slot);
    }
    if (status != ST_OK) {
        return status;
    }
    session->applications[slot] = (st_apdu_opened){.used = 1, .id = application};
    status = st_apdu_put_number(session, 4, create_rights);
    status = status == ST_OK ? st_apdu_put_number(session, 1, info.max_containers) : status;
    status = status == ST_OK ? st_apdu_put_number(session, 1, 2 * info.max_containers) : status;
    status = status == ST_OK ? st_apdu_put_number(session, 2, FILES_MAX) : status;
    return status == ST_OK ? st_apdu_put_number(session, 2, (uint32_t)slot + 1) : status;
}

/* The login stays (GM/T 0016-2012 7.3.6). */
enum st_status st_apdu_application_close(st_apdu_session *session, st_apdu_command *command) {
    enum st_status status = st_apdu_at_end(&command->data);
    for (size_t i = 0; status == ST_OK && i < ST_APDU_CONTAINERS; i++) {
        if (session->containers[i].used && session->containers[i].application_slot == command->application_slot) {
            session->containers[i].used = 0;
        }
    }
    if (status == ST_OK) {
        session->applications[command->application_slot].used = 0;
    }
    return status;
}
