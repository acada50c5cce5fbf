/*
 * Card commands of files. CreateFile takes size, rights to read and rights to write (4 bytes each, with SKF's values),
 * then the name; DeleteFile and GetFileInfo take the name, and GetFileInfo answers the same three numbers; EnumFiles
 * answers names, each with a NUL behind it; ReadFile takes an offset (4 bytes), a length (2) and the name, WriteFile an
 * offset, the name behind its length in one byte, and the data. All ours.
 */
#include <stdlib.h>

#include "softtoken/apdu_session.h"

static enum st_status take_name(st_apdu_command *command, char name[ST_FILE_NAME_MAX + 1]) {
    return st_apdu_take_text(&command->data, command->data.left, name, ST_FILE_NAME_MAX);
}

enum st_status st_apdu_file_create(st_apdu_session *session, st_apdu_command *command) {
    char name[ST_FILE_NAME_MAX + 1];
    uint32_t numbers[3];
    enum st_status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < 3; i++) {
        status = st_apdu_take_number(&command->data, 4, &numbers[i]);
    }
    if (status == ST_OK) {
        status = take_name(command, name);
    }
    return status == ST_OK
               ? st_file_create(session->device, command->application, name, numbers[0], numbers[1], numbers[2])
               : status;
}

enum st_status st_apdu_file_delete(st_apdu_session *session, st_apdu_command *command) {
    char name[ST_FILE_NAME_MAX + 1];
    enum st_status status = take_name(command, name);
    return status == ST_OK ? st_file_delete(session->device, command->application, name) : status;
}

enum st_status st_apdu_file_list(st_apdu_session *session, st_apdu_command *command) {
    st_file_info *files = NULL;
    size_t count = ST_APDU_DATA_MAX / 2; /* more names do not fit into the answer */
    enum st_status status = st_apdu_at_end(&command->data);
    if (status != ST_OK) {
        return status;
    }
    files = calloc(count, sizeof *files);
    status = files == NULL ? ST_ERR_MEMORY : st_file_list(session->device, command->application, files, &count);
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = st_apdu_put_text(session, files[i].name);
    }
    free(files);
    return status == ST_ERR_BUFFER ? ST_ERR_NO_ROOM : status;
}

enum st_status st_apdu_file_info(st_apdu_session *session, st_apdu_command *command) {
    char name[ST_FILE_NAME_MAX + 1];
    st_file_info info;
    enum st_status status = take_name(command, name);
    if (status == ST_OK) {
        status = st_file_get_info(session->device, command->application, name, &info);
    }
    status = status == ST_OK ? st_apdu_put_number(session, 4, info.size) : status;
    status = status == ST_OK ? st_apdu_put_number(session, 4, info.read_rights) : status;
    return status == ST_OK ? st_apdu_put_number(session, 4, info.write_rights) : status;
}

enum st_status st_apdu_file_read(st_apdu_session *session, st_apdu_command *command) {
    char name[ST_FILE_NAME_MAX + 1];
    uint32_t offset = 0;
    uint32_t wanted = 0;
    enum st_status status = st_apdu_take_number(&command->data, 4, &offset);
    status = status == ST_OK ? st_apdu_take_number(&command->data, 2, &wanted) : status;
    status = status == ST_OK ? take_name(command, name) : status;
    if (status == ST_OK && wanted > sizeof session->answer) {
        status = ST_ERR_INPUT_LEN;
    }
    size_t len = wanted;
    if (status == ST_OK) {
        status = st_file_read(session->device, command->application, name, offset, session->answer, &len);
    }
    if (status == ST_OK) {
        session->answer_len = len;
    }
    return status;
}

enum st_status st_apdu_file_write(st_apdu_session *session, st_apdu_command *command) {
    char name[ST_FILE_NAME_MAX + 1];
    uint32_t offset = 0;
    enum st_status status = st_apdu_take_number(&command->data, 4, &offset);
    status = status == ST_OK ? st_apdu_take_counted(&command->data, name, ST_FILE_NAME_MAX) : status;
    return status == ST_OK ? st_file_write(session->device, command->application, name, offset, command->data.at,
                                           command->data.left)
                           : status;
}
