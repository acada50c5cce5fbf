/*
 * A PKCS #11 module with one fault: the software token's, with some functions
 * of its list replaced. It is linked to the right module, and its list is a
 * copy of the right one.
 *
 * Which fault, the environment says: GMPKI_FAULT. Each is listed in
 * faults.toml, with the checks that have to see it.
 */
#ifndef GMPKI_FAULTY_P11_H
#define GMPKI_FAULTY_P11_H

#include <string.h>

#include "gmpki/pkcs11.h"

enum { SEEN_PIN_MAX = 64, ROOM = 8192 };

/* Whether this is the fault of the hour. */
int fault(const char *name);

/* The right functions: NEXT(C_Login)(hSession, ...). */
extern const CK_FUNCTION_LIST *right;
#define NEXT(function) (right->function)

/* ---- the files, each with the functions that it replaces
 * -------------------------------- */

void replace_general(CK_FUNCTION_LIST *list);
void replace_slots(CK_FUNCTION_LIST *list);
void replace_sessions(CK_FUNCTION_LIST *list);
void replace_login(CK_FUNCTION_LIST *list);
void replace_objects(CK_FUNCTION_LIST *list);
void replace_creation(CK_FUNCTION_LIST *list);
void replace_ciphers(CK_FUNCTION_LIST *list);
void replace_digests(CK_FUNCTION_LIST *list);
void replace_signatures(CK_FUNCTION_LIST *list);

/* ---- what was seen
 * ------------------------------------------------------------------------ */

/*
 * What careless makers do often takes rights that the right module refuses. The
 * PINs that go through are kept, and where a session leads.
 */
typedef struct {
    CK_UTF8CHAR text[SEEN_PIN_MAX];
    CK_ULONG len;
} seen_pin;

extern seen_pin seen_user, seen_officer;

void see_pin(seen_pin *pin, const CK_UTF8CHAR *text, CK_ULONG len);

/* The slot of a session. */
CK_SLOT_ID slot_of(CK_SESSION_HANDLE session);

/* A session that nobody closes, which writes; 0 when there can be none. */
CK_SESSION_HANDLE hidden_session(CK_SLOT_ID slot);

/* ---- templates
 * ----------------------------------------------------------------------------
 */

/* The attribute of a type; NULL when the template has none. */
CK_ATTRIBUTE *attribute_of(CK_ATTRIBUTE *items, CK_ULONG count, CK_ATTRIBUTE_TYPE type);

/* A truth value there; 0 when there is none. */
int is_true(CK_ATTRIBUTE *items, CK_ULONG count, CK_ATTRIBUTE_TYPE type);

/* A number there; CK_UNAVAILABLE_INFORMATION when there is none. */
CK_ULONG number_of(CK_ATTRIBUTE *items, CK_ULONG count, CK_ATTRIBUTE_TYPE type);

#endif
