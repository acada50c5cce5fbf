/*
 * Objects of PKCS#11. Where one comes from decides how it is used: from a session's memory, from a generic object of
 * the engine, or from a container, whose pair shows as a public and a private key and whose certificate as a third.
 */
#ifndef GMPKI_SOFTTOKEN_P11_OBJECT_H
#define GMPKI_SOFTTOKEN_P11_OBJECT_H

#include "softtoken/p11.h"
#include "softtoken/p11_attributes.h"

enum { ST_P11_MARK_LEN = 20 };

enum st_p11_origin { ST_P11_IN_SESSION, ST_P11_GENERIC, ST_P11_IN_CONTAINER };

struct st_p11_object {
    CK_OBJECT_HANDLE handle;
    CK_SESSION_HANDLE session; /* of a session's object; else 0 */
    int origin;                /* enum st_p11_origin */
    uint32_t id;               /* of the engine: a generic object or a container */
    int usage;                 /* of a container: enum st_usage */
    CK_OBJECT_CLASS object_class;
    uint8_t mark[ST_P11_MARK_LEN]; /* of a container's: of its public key, so that a new pair has new handles */
    st_p11_attributes attributes;  /* also the secret ones of an object in memory, never those of a container */
    int seen;
    st_p11_object *next;
};

/* ---- the table (p11_object.c) ------------------------------------------------------------ */

/* Bring the objects of a token up to the state on disk and to the login. */
CK_RV st_p11_objects_refresh(st_p11_slot *slot);

/* The object of a handle, if this session may see it. CKR_OBJECT_HANDLE_INVALID. The first looks at what is known
 * already: objects that the second gave before stay where they are. */
CK_RV st_p11_object_known(const st_p11_session *session, CK_OBJECT_HANDLE handle, st_p11_object **object);
CK_RV st_p11_object_find(const st_p11_session *session, CK_OBJECT_HANDLE handle, st_p11_object **object);
/* Whether whoever has logged in to the slot may see it. */
int st_p11_object_visible(const st_p11_slot *slot, const st_p11_object *object);

/* The object of a container; NULL when there is none. */
st_p11_object *st_p11_object_in_container(const st_p11_slot *slot, uint32_t container, int usage,
                                          CK_OBJECT_CLASS object_class);

/* Take the attributes (which become empty) into an object that the slot owns and that has a new handle. */
CK_RV st_p11_object_add(st_p11_slot *slot, int origin, uint32_t id, CK_SESSION_HANDLE session,
                        st_p11_attributes *attributes, st_p11_object **object);
void st_p11_object_remove(st_p11_slot *slot, st_p11_object *object);

void st_p11_objects_free(st_p11_slot *slot);
void st_p11_session_objects_free(st_p11_slot *slot, CK_SESSION_HANDLE session);
void st_p11_private_objects_free(st_p11_slot *slot);

/* ---- containers (p11_container.c) -------------------------------------------------------- */

/* What PKCS#11 keeps about one usage of a container beside what the container itself says. */
typedef struct st_p11_extra {
    uint8_t mark[ST_P11_MARK_LEN]; /* the pair that the first two sets belong to */
    int public_hidden;             /* the public key object was destroyed or never made */
    st_p11_attributes public_key, private_key, certificate;
} st_p11_extra;

/* A container without any has an empty one. The caller clears it. */
CK_RV st_p11_extra_load(const st_p11_slot *slot, uint32_t container, int usage, st_p11_extra *extra);
/* Attributes that follow from the key or the certificate are left out, secret ones too. */
CK_RV st_p11_extra_save(const st_p11_slot *slot, uint32_t container, int usage, const st_p11_extra *extra);
void st_p11_extra_clear(st_p11_extra *extra);
/* A label or CKA_ID that was not given is none: that of the key or the container stands for it. */
void st_p11_forget_empty_names(st_p11_attributes *set);
/* The set of an object in an extra. */
st_p11_attributes *st_p11_extra_of(st_p11_extra *extra, CK_OBJECT_CLASS object_class);

/* Show every object of one container to the caller, who takes the attributes or clears them. */
typedef CK_RV st_p11_take(st_p11_slot *slot, st_p11_object *object);
CK_RV st_p11_container_objects(st_p11_slot *slot, uint32_t container, st_p11_take *take);

/* The hash by which a public key is recognised, which is also its CKA_ID unless one is given. */
CK_RV st_p11_mark(const st_public_key *key, uint8_t mark[ST_P11_MARK_LEN]);
/* The attributes that a public key has by its nature, for the public or the private key object. */
CK_RV st_p11_set_public_material(st_p11_attributes *set, const st_public_key *key, CK_OBJECT_CLASS object_class);

/* ---- certificates (p11_certificate.c) ---------------------------------------------------- */

typedef struct st_p11_bytes {
    const uint8_t *data;
    size_t len;
} st_p11_bytes;

/* What stands in a certificate; elements with their headers. */
typedef struct st_p11_certificate {
    st_p11_bytes serial, issuer, subject;
    int has_mark; /* it is for an SM2 or RSA key */
    uint8_t mark[ST_P11_MARK_LEN];
} st_p11_certificate;

/* CKR_ATTRIBUTE_VALUE_INVALID when it is not the DER of an X.509 certificate. */
CK_RV st_p11_certificate_read(st_p11_certificate *certificate, const uint8_t *der, size_t len);

/* CKA_SUBJECT, CKA_ISSUER and CKA_SERIAL_NUMBER from the certificate. */
CK_RV st_p11_set_certificate_names(st_p11_attributes *set, const st_p11_certificate *certificate);

/* ---- new objects (p11_template.c) -------------------------------------------------------- */

/* Add what an object of this class has by default and does not have yet. */
CK_RV st_p11_complete(st_p11_attributes *set);

/*
 * Read the template of an object of a class into an empty set, checking that each attribute belongs to the class and
 * may be given. object_class and key_type are what the function makes; CK_UNAVAILABLE_INFORMATION for "any".
 * CKR_TEMPLATE_INCONSISTENT when the template says otherwise, CKR_TEMPLATE_INCOMPLETE when nobody says.
 */
CK_RV st_p11_read_new(st_p11_attributes *set, const CK_ATTRIBUTE *items, CK_ULONG count, CK_OBJECT_CLASS object_class,
                      CK_KEY_TYPE key_type);

/* Whether this session may make such an object. CKR_SESSION_READ_ONLY, CKR_USER_NOT_LOGGED_IN. */
CK_RV st_p11_may_make(const st_p11_session *session, const st_p11_attributes *set);
/* Whether this session may change or destroy an object. */
CK_RV st_p11_may_write(const st_p11_session *session, const st_p11_object *object);

/* The length of a secret key of a type: 1 when it can be. */
int st_p11_takes_value_len(CK_KEY_TYPE key_type, size_t len);

/* ---- storing (p11_store.c) --------------------------------------------------------------- */

/* Make the object of a complete set, which becomes empty: in the session, or as a generic object of the token. */
CK_RV st_p11_store_new(st_p11_session *session, st_p11_attributes *set, CK_OBJECT_HANDLE *handle);
/* Write what was changed of an object of the token. */
CK_RV st_p11_store_changed(st_p11_session *session, st_p11_object *object, const st_p11_attributes *changes);
/* Destroy an object, wherever it is. */
CK_RV st_p11_store_destroy(st_p11_session *session, st_p11_object *object);

/* ---- key pairs (p11_pair.c) -------------------------------------------------------------- */

/* Where the private key of a new pair comes from. */
typedef struct st_p11_new_pair {
    int kind;             /* enum st_key_kind */
    uint32_t bits;        /* of RSA */
    const uint8_t *d;     /* SM2: import this; NULL and rsa NULL: generate */
    const uint8_t *point; /* what d must belong to; may be NULL */
    const st_rsa_key *rsa;
    int usage;       /* enum st_usage, or ST_P11_ANY_USAGE: what the flags of the private key say */
    int hide_public; /* no public key object beside it */
} st_p11_new_pair;

enum { ST_P11_ANY_USAGE = -1 };

/*
 * Put a pair into a container of the token: one that is found by CKA_ID or CKA_LABEL and has room for it, else a new
 * one. public_key may be NULL. The sets are complete; handles receive the objects, public_handle may be NULL.
 */
CK_RV st_p11_pair_to_container(st_p11_session *session, const st_p11_new_pair *pair,
                               const st_p11_attributes *public_key, const st_p11_attributes *private_key,
                               CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle);

#endif /* GMPKI_SOFTTOKEN_P11_OBJECT_H */
