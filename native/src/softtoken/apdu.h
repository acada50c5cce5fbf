/*
 * The software token as a card: commands of GM/T 0017-2012, reached through SKF_Transmit.
 *
 * The text of that standard was not read. Which commands there are, their numbers, and the layout of those that two
 * public programs agree on come from there; what no source says is decided here and says so where it is defined:
 * apdu_table.c has the numbers, each other file the layout of its commands. All numbers are big endian.
 */
#ifndef GMPKI_SOFTTOKEN_APDU_H
#define GMPKI_SOFTTOKEN_APDU_H

#include <stddef.h>
#include <stdint.h>

#include "softtoken/engine.h"

/* What a card knows between two commands: what is open, a challenge, the rest of an answer. One thread at a time. */
typedef struct st_apdu_session st_apdu_session;

/* Begin as after a reset. The device stays the caller's, and open for as long as the session. */
ST_CHECKED enum st_status st_apdu_new(st_apdu_session **session, st_device *device);

/* NULL may be freed. */
void st_apdu_free(st_apdu_session *session);

/*
 * Take a command, short or extended (ISO/IEC 7816-4 5.1), and answer with data and a status word. *response_len: room
 * in, at least 2 (ST_ERR_BUFFER otherwise, and nothing is done); length out. What does not fit into the room, or into
 * Le, waits for GET RESPONSE. Whatever is wrong with the command is told by the status word; the status of this
 * function tells that the device is gone (ST_ERR_REMOVED) or busy (ST_ERR_TIMEOUT).
 */
ST_CHECKED enum st_status st_apdu_transmit(st_apdu_session *session, const uint8_t *command, size_t command_len,
                                           uint8_t *response, size_t *response_len);

#endif /* GMPKI_SOFTTOKEN_APDU_H */
