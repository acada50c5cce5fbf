/*
 * Card commands of containers and certificates. OpenContainer takes the application's number and the name and answers
 * the container's number; ExportPublicKey answers the bits, x and y (C). CreateContainer is as OpenContainer;
 * DeleteContainer takes the name; EnumContainer answers names, each with a NUL behind it; GetContainerInfo answers the
 * kind, as SKF_GetContainerType numbers it, the bits of the signing and of the encryption key (4 bytes each), and a
 * byte for each of their certificates; certificates are DER as it is (ours).
 */
#include "softtoken/apdu_session.h"
#include "softtoken/skf_session.h"

static enum st_status take_name(st_apdu_command *command, char name[ST_NAME_MAX + 1]) {
    return st_apdu_take_text(&command->data, command->data.left, name, ST_NAME_MAX);
}

/* P1 is 1 for the signing pair. */
static int usage_of(const st_apdu_command *command) {
    return command->p1 == 1 ? ST_SIGNING : ST_ENCRYPTION;
}

/* The number of a container: that which it has, or a free one. */
static enum st_status put_number_of(st_apdu_session *session, const st_apdu_command *command, uint32_t container) {
    size_t slot = ST_APDU_CONTAINERS;
    for (size_t i = ST_APDU_CONTAINERS; i-- > 0;) {
        const st_apdu_opened *opened = &session->containers[i];
        if (!opened->used) {
            slot = i;
        } else if (opened->id == container && opened->application_slot == command->application_slot) {
            return st_apdu_put_number(session, 2, (uint32_t)i + 1);
        }
    }
    if (slot == ST_APDU_CONTAINERS) {
        return ST_ERR_NO_ROOM;
    }
    session->containers[slot] = (st_apdu_opened){1, container, command->application_slot};
    return st_apdu_put_number(session, 2, (uint32_t)slot + 1);
}

enum st_status st_apdu_container_create(st_apdu_session *session, st_apdu_command *command) {
    char name[ST_NAME_MAX + 1];
    uint32_t container = 0;
    enum st_status status = take_name(command, name);
    if (status == ST_OK) {
        status = st_container_create(session->device, command->application, name, &container);
    }
    return status == ST_OK ? put_number_of(session, command, container) : status;
}

enum st_status st_apdu_container_open(st_apdu_session *session, st_apdu_command *command) {
    char name[ST_NAME_MAX + 1];
    uint32_t container = 0;
    enum st_status status = take_name(command, name);
    if (status == ST_OK) {
        status = st_container_find(session->device, command->application, name, &container);
    }
    return status == ST_OK ? put_number_of(session, command, container) : status;
}

enum st_status st_apdu_container_close(st_apdu_session *session, st_apdu_command *command) {
    enum st_status status = st_apdu_at_end(&command->data);
    if (status == ST_OK) {
        session->containers[command->container_slot].used = 0;
    }
    return status;
}

enum st_status st_apdu_container_delete(st_apdu_session *session, st_apdu_command *command) {
    char name[ST_NAME_MAX + 1];
    uint32_t container = 0;
    enum st_status status = take_name(command, name);
    if (status == ST_OK) {
        status = st_container_find(session->device, command->application, name, &container);
    }
    return status == ST_OK ? st_container_delete(session->device, command->application, container) : status;
}

enum st_status st_apdu_container_list(st_apdu_session *session, st_apdu_command *command) {
    uint32_t ids[ST_LIST_MAX];
    st_container_info info;
    size_t count = ST_LIST_MAX;
    enum st_status status = st_apdu_at_end(&command->data);
    if (status == ST_OK) {
        status = st_container_list(session->device, command->application, ids, &count);
    }
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = st_container_get_info(session->device, command->application, ids[i], &info);
        if (status == ST_ERR_NO_CONTAINER) { /* another process deleted it meanwhile */
            status = ST_OK;
        } else if (status == ST_OK) {
            status = st_apdu_put_text(session, info.name);
        }
    }
    return status;
}

/* The bits of a pair's key, 0 when there is none. */
static enum st_status bits_of(st_apdu_session *session, const st_apdu_command *command, int usage, uint32_t *bits) {
    st_public_key key;
    enum st_status status = st_key_public(session->device, command->application, command->container, usage, &key);
    *bits = 0;
    if (status == ST_OK) {
        *bits = key.kind == ST_RSA ? key.rsa.bits : 256;
    }
    return status == ST_ERR_NO_KEY ? ST_OK : status;
}

enum st_status st_apdu_container_info(st_apdu_session *session, st_apdu_command *command) {
    st_container_info info;
    uint32_t bits[2] = {0, 0};
    enum st_status status = st_apdu_at_end(&command->data);
    if (status == ST_OK) {
        status = st_container_get_info(session->device, command->application, command->container, &info);
    }
    for (int usage = ST_SIGNING; status == ST_OK && usage <= ST_ENCRYPTION; usage++) {
        status = bits_of(session, command, usage, &bits[usage]);
    }
    if (status != ST_OK) {
        return status;
    }
    uint32_t kind = info.kind == ST_RSA   ? SKF_CONTAINER_RSA
                    : info.kind == ST_SM2 ? SKF_CONTAINER_ECC
                                          : SKF_CONTAINER_EMPTY;
    status = st_apdu_put_number(session, 1, kind);
    status = status == ST_OK ? st_apdu_put_number(session, 4, bits[ST_SIGNING]) : status;
    status = status == ST_OK ? st_apdu_put_number(session, 4, bits[ST_ENCRYPTION]) : status;
    status = status == ST_OK ? st_apdu_put_number(session, 1, info.certificate_len[ST_SIGNING] != 0) : status;
    return status == ST_OK ? st_apdu_put_number(session, 1, info.certificate_len[ST_ENCRYPTION] != 0) : status;
}

/* No data would take the certificate away: that has no command. */
enum st_status st_apdu_certificate_import(st_apdu_session *session, st_apdu_command *command) {
    if (command->data.left == 0) {
        return ST_ERR_INPUT_LEN;
    }
    return st_certificate_set(session->device, command->application, command->container, usage_of(command),
                              command->data.at, command->data.left);
}

enum st_status st_apdu_certificate_export(st_apdu_session *session, st_apdu_command *command) {
    size_t len = sizeof session->answer;
    enum st_status status = st_apdu_at_end(&command->data);
    if (status == ST_OK) {
        status = st_certificate_get(session->device, command->application, command->container, usage_of(command),
                                    session->answer, &len);
    }
    if (status == ST_OK) {
        session->answer_len = len;
    }
    return status;
}

enum st_status st_apdu_public_key(st_apdu_session *session, st_apdu_command *command) {
    st_public_key key;
    enum st_status status = st_apdu_at_end(&command->data);
    if (status == ST_OK) {
        status = st_key_public(session->device, command->application, command->container, usage_of(command), &key);
    }
    return status == ST_OK ? st_apdu_put_key(session, &key) : status;
}
