/*
 * What the parts of the software token answer. Each front door has one table from these to its own codes.
 */
#ifndef GMPKI_SOFTTOKEN_STATUS_H
#define GMPKI_SOFTTOKEN_STATUS_H

enum st_status {
    ST_OK = 0,
    ST_ERR_FAILED,        /* none of the others: a bug below, or a damaged store */
    ST_ERR_NOT_SUPPORTED, /* an algorithm or option this token does not have, or libcrypto is absent */
    ST_ERR_ARGUMENT,      /* NULL where data is needed, an unknown constant, a combination that makes no sense */
    ST_ERR_NAME,          /* a name that is empty, too long or not UTF-8 */
    ST_ERR_READ,          /* the store cannot be read */
    ST_ERR_WRITE,         /* the store cannot be written: it still holds the old state */
    ST_ERR_DAMAGED,       /* the store does not have the MAC it should have */
    ST_ERR_MEMORY,
    ST_ERR_RANDOM,
    ST_ERR_TIMEOUT,   /* somebody else holds the device */
    ST_ERR_INPUT_LEN, /* input of a length that the operation does not take */
    ST_ERR_INPUT,     /* input whose content does not hold: a point off the curve, a wrong version */
    ST_ERR_KEY_LEN,   /* a modulus or key length that is not offered */
    ST_ERR_KEY_USAGE, /* this key is not for that */
    ST_ERR_SIGNATURE, /* the signature does not hold */
    ST_ERR_DECRYPT,   /* the message cannot be decrypted: one answer for every cause */
    ST_ERR_PADDING,   /* wrong padding after decryption with a session key */
    ST_ERR_BUFFER,    /* the output buffer is too small; the size needed is reported */
    ST_ERR_STATE,     /* a context before its init, after its final */
    ST_ERR_NO_KEY,
    ST_ERR_NO_CERTIFICATE,
    ST_ERR_NO_EVENT, /* a wait for events was cancelled */
    ST_ERR_REMOVED,  /* the device is pulled out */
    ST_ERR_NO_DEVICE,
    ST_ERR_PIN_INCORRECT,
    ST_ERR_PIN_LOCKED,
    ST_ERR_PIN_LEN,
    ST_ERR_PIN_NOT_SET, /* the user PIN was never set */
    ST_ERR_PIN_ROLE,    /* neither user nor administrator */
    ST_ERR_LOGIN,       /* the user or the administrator must log in first */
    ST_ERR_LOGGED_IN,   /* somebody is logged in already, where that matters */
    ST_ERR_DEVICE_AUTH, /* the device must be authenticated first, or the authentication failed */
    ST_ERR_NO_APPLICATION,
    ST_ERR_APPLICATION_EXISTS,
    ST_ERR_NO_CONTAINER,
    ST_ERR_CONTAINER_EXISTS,
    ST_ERR_TOO_MANY_CONTAINERS,
    ST_ERR_NO_FILE,
    ST_ERR_FILE_EXISTS,
    ST_ERR_FILE_RANGE, /* beyond the end of a file */
    ST_ERR_NO_OBJECT,
    ST_ERR_NO_ROOM, /* the device is full: space, applications, session keys */
    ST_STATUS_COUNT
};

#endif /* GMPKI_SOFTTOKEN_STATUS_H */
