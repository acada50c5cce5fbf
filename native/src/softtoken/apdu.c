/* The card's transport: commands taken apart, chains put together, answers given out in pieces (ISO/IEC 7816-4 5). */
#include <stdlib.h>
#include <string.h>

#include "softtoken/apdu_session.h"

enum {
    HEADER_LEN = 4,
    STATUS_WORD_LEN = 2,
    CHAINING = 0x10, /* in CLA: another command follows with more of the data */
    PROTECTION = 0x04,
    INS_GET_RESPONSE = 0xC0,
    SHORT_LE_MAX = 256,
    EXTENDED_LE_MAX = 65536
};

enum {
    SW_OK = 0x9000,
    SW_MORE = 0x6100, /* and how much more: 0 is 256 bytes or more */
    SW_LENGTH = 0x6700,
    SW_CHAIN_EXPECTED = 0x6883,
    SW_NOT_PROTECTED = 0x6987,
    SW_CONDITIONS = 0x6985,
    SW_NO_ROOM = 0x6A84,
    SW_P1_P2 = 0x6A86,
    SW_INS = 0x6D00,
    SW_CLA = 0x6E00
};

enum st_status st_apdu_new(st_apdu_session **session, st_device *device) {
    *session = calloc(1, sizeof **session);
    if (*session == NULL) {
        return ST_ERR_MEMORY;
    }
    (*session)->device = device;
    return ST_OK;
}

void st_apdu_free(st_apdu_session *session) {
    if (session != NULL) {
        for (size_t i = 0; i < ST_APDU_KEYS; i++) {
            st_apdu_key_clear(&session->keys[i]);
        }
        st_digest_free(session->digest);
        gmpki_cleanse(session, sizeof *session);
        free(session);
    }
}

/* ---- the forms of a command ------------------------------------------------------------ */

static size_t number16(const uint8_t *at) {
    return (size_t)at[0] << 8 | at[1];
}

/* Take apart the body of a command: cases 1 to 4, short or extended. 0 when it has none of these forms. */
static int split(const uint8_t *command, size_t len, const uint8_t **data, size_t *data_len, size_t *le) {
    *data = command + HEADER_LEN;
    *data_len = 0;
    *le = 0;
    size_t body = len - HEADER_LEN;
    if (body == 0) {
        return 1;
    }
    int extended = body >= 3 && command[HEADER_LEN] == 0;
    size_t width = extended ? 2 : 1;
    size_t max = extended ? EXTENDED_LE_MAX : SHORT_LE_MAX;
    const uint8_t *at = command + HEADER_LEN + (extended ? 1 : 0);
    size_t left = body - (extended ? 1 : 0);
    if (left > width) {
        *data_len = extended ? number16(at) : at[0];
        *data = at + width;
        if (*data_len == 0 || *data_len > left - width) {
            return 0;
        }
        at += width + *data_len;
        left -= width + *data_len;
        if (left == 0) {
            return 1;
        }
    }
    if (left != width) {
        return 0;
    }
    *le = extended ? number16(at) : at[0];
    *le = *le == 0 ? max : *le;
    return 1;
}

/* ---- one whole command ----------------------------------------------------------------- */

/* Find what the numbers name that the data begin with. */
static enum st_status resolve(const st_apdu_session *session, st_apdu_command *command, int level) {
    uint32_t number = 0;
    enum st_status status = ST_OK;
    if (level >= ST_APDU_ON_APPLICATION) {
        status = st_apdu_take_number(&command->data, 2, &number);
        if (status == ST_OK &&
            (number == 0 || number > ST_APDU_APPLICATIONS || !session->applications[number - 1].used)) {
            status = ST_ERR_NO_APPLICATION;
        }
        if (status == ST_OK) {
            command->application_slot = number - 1;
            command->application = session->applications[number - 1].id;
        }
    }
    if (status == ST_OK && level >= ST_APDU_ON_CONTAINER) {
        status = st_apdu_take_number(&command->data, 2, &number);
        if (status == ST_OK && (number == 0 || number > ST_APDU_CONTAINERS || !session->containers[number - 1].used ||
                                session->containers[number - 1].application_slot != command->application_slot)) {
            status = ST_ERR_NO_CONTAINER;
        }
        if (status == ST_OK) {
            command->container_slot = number - 1;
            command->container = session->containers[number - 1].id;
        }
    }
    return status;
}

static uint16_t run(st_apdu_session *session, st_apdu_command *command, enum st_status *outcome) {
    uint64_t generation = 0;
    const st_apdu_entry *entry = st_apdu_find(command->ins);
    *outcome = ST_OK;
    if (entry == NULL) {
        return SW_INS;
    }
    if (command->cla != entry->cla) {
        return entry->cla & PROTECTION ? SW_NOT_PROTECTED : SW_CLA;
    }
    if (command->p1 > entry->p1_max || command->p2 > entry->p2_max) {
        return SW_P1_P2;
    }
    session->tries_left = 0;
    /* Whether the device is there and free to use; some commands ask nothing else of the engine. */
    enum st_status status = st_device_generation(session->device, &generation);
    if (status == ST_OK) {
        status = resolve(session, command, entry->level);
    }
    if (status == ST_OK) {
        status = entry->handler(session, command);
    }
    if (status != ST_OK) {
        gmpki_cleanse(session->answer, session->answer_len);
        session->answer_len = 0;
    }
    *outcome = status;
    return st_apdu_status_word(status, session->tries_left);
}

/* Put a part of a chain behind those before it. 0 when all is there; else what to answer to the part. */
static uint16_t collect(st_apdu_session *session, const uint8_t *header, const uint8_t *data, size_t data_len) {
    uint8_t same[HEADER_LEN];
    memcpy(same, header, sizeof same);
    same[0] = (uint8_t)(same[0] & ~CHAINING);
    if (session->is_chaining && memcmp(same, session->chained, sizeof same) != 0) {
        session->is_chaining = 0;
        return SW_CHAIN_EXPECTED;
    }
    if (!session->is_chaining) {
        session->data_len = 0;
    }
    if (data_len > sizeof session->data - session->data_len) {
        session->is_chaining = 0;
        return SW_NO_ROOM;
    }
    if (data_len != 0) {
        memcpy(session->data + session->data_len, data, data_len);
    }
    session->data_len += data_len;
    memcpy(session->chained, same, sizeof same);
    session->is_chaining = (header[0] & CHAINING) != 0;
    return session->is_chaining ? SW_OK : 0;
}

/* ---- answers --------------------------------------------------------------------------- */

/* Give out as much of the answer as is wanted and fits, then the status word. */
static void give(st_apdu_session *session, uint16_t word, size_t le, uint8_t *response, size_t *response_len) {
    size_t left = session->answer_len - session->answered;
    size_t room = *response_len - STATUS_WORD_LEN;
    size_t count = left < le ? left : le;
    count = count < room ? count : room;
    if (count != 0) {
        memcpy(response, session->answer + session->answered, count);
    }
    session->answered += count;
    left -= count;
    if (left != 0) {
        word = (uint16_t)(SW_MORE | (left < SHORT_LE_MAX ? left : 0));
    }
    response[count] = (uint8_t)(word >> 8);
    response[count + 1] = (uint8_t)word;
    *response_len = count + STATUS_WORD_LEN;
}

static void forget_answer(st_apdu_session *session) {
    gmpki_cleanse(session->answer, session->answer_len);
    session->answer_len = 0;
    session->answered = 0;
}

enum st_status st_apdu_transmit(st_apdu_session *session, const uint8_t *bytes, size_t len, uint8_t *response,
                                size_t *response_len) {
    const uint8_t *data = NULL;
    size_t data_len = 0;
    st_apdu_command command = {0};
    enum st_status outcome = ST_OK;
    if (*response_len < STATUS_WORD_LEN) {
        *response_len = STATUS_WORD_LEN;
        return ST_ERR_BUFFER;
    }
    uint16_t word = SW_LENGTH;
    int is_well_formed = len >= HEADER_LEN && split(bytes, len, &data, &data_len, &command.le);
    if (is_well_formed && bytes[0] == 0 && bytes[1] == INS_GET_RESPONSE) {
        int is_right = data_len == 0 && bytes[2] == 0 && bytes[3] == 0 && session->answered < session->answer_len;
        if (!is_right) {
            forget_answer(session);
        }
        give(session, is_right ? SW_OK : SW_CONDITIONS, command.le, response, response_len);
        return ST_OK;
    }
    forget_answer(session);
    if (!is_well_formed) {
        session->is_chaining = 0;
    } else if ((bytes[0] & ~(CHAINING | PROTECTION)) != 0x80) {
        session->is_chaining = 0;
        word = SW_CLA;
    } else {
        word = collect(session, bytes, data, data_len);
        if (word == 0) {
            command.cla = bytes[0];
            command.ins = bytes[1];
            command.p1 = bytes[2];
            command.p2 = bytes[3];
            command.data = (st_apdu_fields){session->data, session->data_len};
            word = run(session, &command, &outcome);
            gmpki_cleanse(session->data, session->data_len);
        }
    }
    give(session, word, command.le, response, response_len);
    return outcome == ST_ERR_REMOVED || outcome == ST_ERR_TIMEOUT ? outcome : ST_OK;
}
