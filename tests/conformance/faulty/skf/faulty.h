/*
 * A token with one fault: the software token, before which stands a library that does one thing as a careless maker
 * would. It is linked to the software token's driver, so that every function it does not define is found there; those
 * that it does define call the right one through NEXT.
 *
 * Which fault, the environment says: GMPKI_FAULT. Each is listed in faults.toml, with the checks that have to see it.
 */
#ifndef GMPKI_FAULTY_H
#define GMPKI_FAULTY_H

#include <string.h>

#include "gmpki/skf.h"

/* Whether this is the fault of the hour. */
int fault(const char *name);

/* The address of the right function of that name, or of what stands before it in the layers below. */
void *next_function(const char *name);

/* The right function: NEXT(SKF_VerifyPIN)(hApplication, ...). */
#define NEXT(function) ((__typeof__(&(function)))next_function(#function))

/* Take the time that the fault of the hour takes for a function: slow.c. */
void slow_down(const char *function);

/* Keep a function waiting while another thread waits for events. */
void hold_while_waiting(const char *function);

/* Whether a connection that is given up keeps the device locked. */
int keeps_lock(DEVHANDLE device);

/* ---- what many functions have in common --------------------------------------------------- */

/*
 * Some mistakes are of many functions, whatever family these belong to. They stand in layers between the functions of
 * the families and the right ones: buffers.c, then handles.c, then layout.c. A layer has a table of the functions that
 * it stands before, and defines those of them that no family does.
 */
typedef struct {
    const char *name;
    void *function;
} standing;

enum { BUFFERS, HANDLES, LAYOUT, RIGHT_FUNCTIONS };

/* Each ends with a name that is NULL. */
extern const standing standing_buffers[], standing_handles[], standing_layout[];

/* The first function of that name from a layer downwards. */
void *function_from(int layer, const char *name);

/* What a layer calls: BELOW(BUFFERS, SKF_Digest)(hHash, ...). */
#define BELOW(layer, function) ((__typeof__(&(function)))function_from((layer) + 1, #function))

/* A function of a layer, which is the driver's too unless a family defines it. */
#define DEFINE_UNLESS_FAMILY(function, parameters, arguments)                                                          \
    __attribute__((weak)) ULONG DEVAPI function parameters {                                                           \
        return NEXT(function) arguments;                                                                               \
    }

/* ---- what was seen ------------------------------------------------------------------------ */

/*
 * What careless makers do often takes rights that the right driver refuses. The library sees the PINs that go through
 * it and keeps them, by application; and it keeps the device that an application belongs to.
 */
enum { SEEN_TEXT_MAX = 128 };

typedef struct {
    HAPPLICATION application;
    DEVHANDLE device;
    char name[SEEN_TEXT_MAX];
    char admin_pin[SEEN_TEXT_MAX];
    char user_pin[SEEN_TEXT_MAX];
} seen_application;

/* The device connected last. */
extern DEVHANDLE seen_device;

/* What is known of an open application; a new entry where nothing is. Never NULL. */
seen_application *seen_of(HAPPLICATION application);

/* Note that an application was opened: its PINs are those of the one of that name. */
void seen_opened(HAPPLICATION application, DEVHANDLE device, const char *name);

/* The PIN of one of the two, as it was last seen; empty where that was not. */
const char *seen_pin(HAPPLICATION application, ULONG type);

/* Note that a PIN was changed, for every handle of the application. */
void seen_pin_changed(HAPPLICATION application, ULONG type, const char *pin);

/* Authenticate to a device with the key that products are delivered with. */
void take_device_right(DEVHANDLE device);

/* Whether the last answer to a device's challenge was right. */
extern int authenticated;

/* A device was answered: what applications make of that. */
void application_authenticated(void);

/* An application was opened: what PINs forget by that. */
void tries_reconnected(HAPPLICATION application);

/* The application that a container was opened or created in; NULL where that was not seen. */
HAPPLICATION seen_application_of(HCONTAINER container);

/* Note where a container is. */
void seen_container(HCONTAINER container, HAPPLICATION application);

/* Log in to an application by the PINs that were seen, as user and as administrator. SKF_ClearSecureState ends it. */
void seen_login(HAPPLICATION application);

/* What else a login, and a logout, does in a token that does not keep roles and applications apart. */
void login_spreads(HAPPLICATION application, ULONG type);
void logout_spreads(HAPPLICATION application);

/* Whether text has no byte beyond ASCII. */
int text_is_ascii(const char *text);

/* Copy text into one of the fields above; what is too long is cut off. */
void seen_text(char target[SEEN_TEXT_MAX], const char *text);

/* A device was connected: what random numbers begin anew with. */
void random_connected(void);

#endif
