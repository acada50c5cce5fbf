/* Faults of containers: created, listed, opened, deleted; certificates and public keys. */
#include "faulty.h"

enum {
    LIST_LEN = 16384,
    SHORT_NAME_LEN = 32,
    CERTIFICATE_MAX = 8192,
    CERTIFICATES = 8,
    MADE = 64,
    SHORT_CERTIFICATE_LEN = 2048
};

/* The containers made here: by which handle of the application, and whether one is hidden from it instead of deleted.
 */
static struct {
    HAPPLICATION application;
    char name[SEEN_TEXT_MAX];
    int is_hidden;
} made[MADE];
static unsigned next_made;

static struct {
    HCONTAINER container;
    BOOL signing;
    BYTE content[CERTIFICATE_MAX];
    ULONG len;
} certificates[CERTIFICATES];
static unsigned next_certificate;

/* The handles of containers, by their names. */
static struct {
    HCONTAINER container;
    char name[SEEN_TEXT_MAX];
} opened[MADE];
static unsigned next_opened;

static void note_opened(HCONTAINER container, const char *name) {
    unsigned at = next_opened++ % MADE;
    opened[at].container = container;
    seen_text(opened[at].name, name);
}

/* ---- names and lists ---------------------------------------------------------------------- */

static char *names_of(HAPPLICATION application) {
    static char names[LIST_LEN];
    ULONG size = sizeof names;
    if (NEXT(SKF_EnumContainer)(application, names, &size) != SAR_OK) {
        names[0] = '\0';
    }
    return names;
}

/* The first listed container whose name the given one begins with; NULL where there is none. */
static char *with_prefix_of(HAPPLICATION application, const char *name) {
    for (char *listed = names_of(application); *listed != '\0'; listed += strlen(listed) + 1) {
        if (strncmp(listed, name, strlen(listed)) == 0) {
            return listed;
        }
    }
    return NULL;
}

/* What is kept of a container; -1 where it was not made here. */
static int made_here(const char *name) {
    for (int i = 0; i < MADE; i++) {
        if (name != NULL && made[i].name[0] != '\0' && strcmp(made[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static int hidden(HAPPLICATION application, const char *name) {
    int at = made_here(name);
    return at >= 0 && made[at].is_hidden && made[at].application == application;
}

ULONG DEVAPI SKF_EnumContainer(HAPPLICATION hApplication, LPSTR szContainerName, ULONG *pulSize) {
    static char shown[LIST_LEN];
    if ((!fault("container-list-of-one") && !fault("container-deletion-forgotten")) || pulSize == NULL) {
        return NEXT(SKF_EnumContainer)(hApplication, szContainerName, pulSize);
    }
    ULONG len = 0, room = *pulSize;
    int count = 0;
    for (const char *name = names_of(hApplication); *name != '\0'; name += strlen(name) + 1) {
        if (!hidden(hApplication, name) && (count++ < 1 || !fault("container-list-of-one"))) {
            memcpy(shown + len, name, strlen(name) + 1);
            len += (ULONG)strlen(name) + 1;
        }
    }
    shown[len++] = '\0';
    *pulSize = len;
    if (szContainerName != NULL && room < len) {
        return SAR_BUFFER_TOO_SMALL;
    }
    if (szContainerName != NULL) {
        memcpy(szContainerName, shown, len);
    }
    return SAR_OK;
}

/* ---- created and opened ------------------------------------------------------------------- */

/* What a name is refused with that the standard allows; SAR_OK for one that is taken. */
static ULONG refused_name(const char *name) {
    if (fault("container-name-of-32-bytes") && strlen(name) > SHORT_NAME_LEN) {
        return SAR_NAMELENERR;
    }
    return fault("container-name-ascii-only") && !text_is_ascii(name) ? SAR_INVALIDPARAMERR : SAR_OK;
}

/* Create one where the right token has refused it. */
static ULONG create_all_the_same(HAPPLICATION application, LPSTR name, HCONTAINER *container, ULONG code) {
    if (fault("container-created-over-another") && code == SAR_CONTAINER_EXISTS) {
        (void)NEXT(SKF_DeleteContainer)(application, name);
        return NEXT(SKF_CreateContainer)(application, name, container);
    }
    if (fault("container-created-is-opened") && code == SAR_CONTAINER_EXISTS) {
        return NEXT(SKF_OpenContainer)(application, name, container);
    }
    if (fault("full-token-loses-a-container") && code == SAR_REACH_MAX_CONTAINER_COUNT) {
        (void)NEXT(SKF_DeleteContainer)(application, names_of(application));
        return NEXT(SKF_CreateContainer)(application, name, container);
    }
    if (fault("container-creation-needs-no-login") && code == SAR_USER_NOT_LOGGED_IN) {
        seen_login(application);
        code = NEXT(SKF_CreateContainer)(application, name, container);
        (void)NEXT(SKF_ClearSecureState)(application);
    }
    return code;
}

static ULONG create(HAPPLICATION application, LPSTR name, HCONTAINER *container) {
    if (fault("container-found-by-prefix") && with_prefix_of(application, name) != NULL) {
        return NEXT(SKF_OpenContainer)(application, with_prefix_of(application, name), container);
    }
    if (fault("token-of-one-container") && *names_of(application) != '\0') {
        return SAR_NO_ROOM;
    }
    if (hidden(application, name)) {
        made[made_here(name)].is_hidden = 0;
        return NEXT(SKF_OpenContainer)(application, name, container);
    }
    ULONG code = NEXT(SKF_CreateContainer)(application, name, container);
    return code == SAR_OK ? code : create_all_the_same(application, name, container, code);
}

ULONG DEVAPI SKF_CreateContainer(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer) {
    if (szContainerName == NULL || phContainer == NULL) {
        return NEXT(SKF_CreateContainer)(hApplication, szContainerName, phContainer);
    }
    ULONG code = refused_name(szContainerName);
    if (code == SAR_OK) {
        code = create(hApplication, szContainerName, phContainer);
    }
    if (code == SAR_OK) {
        seen_container(*phContainer, hApplication);
        note_opened(*phContainer, szContainerName);
        int at = made_here(szContainerName);
        at = at >= 0 ? at : (int)(next_made++ % MADE);
        seen_text(made[at].name, szContainerName);
        made[at].application = hApplication;
        made[at].is_hidden = 0;
    }
    return code;
}

/* Make a container anew that was filled over another connection: its keys were in memory only. */
static void forget_keys(HAPPLICATION application, LPSTR name) {
    HCONTAINER container;
    int at = made_here(name);
    if (at >= 0 && made[at].application != application) {
        made[at].application = application;
        seen_login(application);
        (void)NEXT(SKF_DeleteContainer)(application, name);
        if (NEXT(SKF_CreateContainer)(application, name, &container) == SAR_OK) {
            (void)NEXT(SKF_CloseContainer)(container);
        }
        (void)NEXT(SKF_ClearSecureState)(application);
    }
}

ULONG DEVAPI SKF_OpenContainer(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer) {
    LPSTR name = szContainerName;
    if (hidden(hApplication, name)) {
        return SAR_CONTAINER_NOT_EXISTS;
    }
    if (fault("container-keys-in-memory-only") && name != NULL) {
        forget_keys(hApplication, name);
    }
    if (fault("container-opened-is-the-first") && name != NULL) {
        name = names_of(hApplication);
    }
    ULONG code = NEXT(SKF_OpenContainer)(hApplication, name, phContainer);
    if (fault("container-unknown-opened") && code == SAR_CONTAINER_NOT_EXISTS) {
        code = NEXT(SKF_CreateContainer)(hApplication, name, phContainer);
    }
    if (code == SAR_OK) {
        seen_container(*phContainer, hApplication);
        note_opened(*phContainer, name);
    }
    return code;
}

ULONG DEVAPI SKF_CloseContainer(HCONTAINER hContainer) {
    const char *name = NULL;
    for (unsigned i = 0; i < MADE && fault("container-closed-with-all-handles"); i++) {
        name = opened[i].container == hContainer ? opened[i].name : name;
    }
    for (unsigned i = 0; i < MADE && name != NULL; i++) {
        if (opened[i].container != hContainer && strcmp(opened[i].name, name) == 0) {
            (void)NEXT(SKF_CloseContainer)(opened[i].container);
        }
    }
    return NEXT(SKF_CloseContainer)(hContainer);
}

/* ---- deleted ------------------------------------------------------------------------------ */

ULONG DEVAPI SKF_DeleteContainer(HAPPLICATION hApplication, LPSTR szContainerName) {
    LPSTR name = szContainerName;
    if (fault("container-deletion-ignored")) {
        return SAR_OK;
    }
    if (fault("container-deletion-forgotten") && made_here(name) >= 0) {
        made[made_here(name)].is_hidden = 1;
        made[made_here(name)].application = hApplication;
        return SAR_OK;
    }
    if (fault("container-deleted-is-the-first") && name != NULL) {
        name = names_of(hApplication);
    }
    ULONG code = NEXT(SKF_DeleteContainer)(hApplication, name);
    if (fault("container-unknown-deleted") && code == SAR_CONTAINER_NOT_EXISTS) {
        return SAR_OK;
    }
    if (fault("container-deletion-needs-no-login") && code == SAR_USER_NOT_LOGGED_IN) {
        seen_login(hApplication);
        code = NEXT(SKF_DeleteContainer)(hApplication, name);
        (void)NEXT(SKF_ClearSecureState)(hApplication);
    }
    return code;
}

/* ---- what is in them ---------------------------------------------------------------------- */

ULONG DEVAPI SKF_GetContainerType(HCONTAINER hContainer, ULONG *pulContainerType) {
    ULONG code = NEXT(SKF_GetContainerType)(hContainer, pulContainerType);
    if (code == SAR_OK && fault("container-types-swapped") && *pulContainerType != SKF_CONTAINER_EMPTY) {
        *pulContainerType = *pulContainerType == SKF_CONTAINER_ECC ? SKF_CONTAINER_RSA : (ULONG)SKF_CONTAINER_ECC;
    }
    if (code == SAR_OK && fault("container-type-never-empty") && *pulContainerType == SKF_CONTAINER_EMPTY) {
        *pulContainerType = SKF_CONTAINER_ECC;
    }
    return code;
}

/* A certificate that is kept in memory; NULL where none is. */
static ULONG kept_certificate(HCONTAINER container, BOOL signing) {
    for (ULONG i = 0; i < CERTIFICATES; i++) {
        if (certificates[i].container == container && certificates[i].signing == signing) {
            return i;
        }
    }
    return CERTIFICATES;
}

ULONG DEVAPI SKF_ImportCertificate(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG ulCertLen) {
    ULONG len = 0;
    if (fault("certificate-flag-ignored")) {
        bSignFlag = TRUE;
    }
    if (fault("certificate-of-2048-bytes") && ulCertLen > SHORT_CERTIFICATE_LEN) {
        return SAR_INDATALENERR;
    }
    if (fault("certificate-never-replaced") &&
        NEXT(SKF_ExportCertificate)(hContainer, bSignFlag, NULL, &len) == SAR_OK) {
        return SAR_OK;
    }
    if (fault("certificate-in-memory-only") && pbCert != NULL && ulCertLen <= CERTIFICATE_MAX) {
        ULONG at = kept_certificate(hContainer, bSignFlag);
        at = at < CERTIFICATES ? at : next_certificate++ % CERTIFICATES;
        certificates[at].container = hContainer;
        certificates[at].signing = bSignFlag;
        certificates[at].len = ulCertLen;
        memcpy(certificates[at].content, pbCert, ulCertLen);
        return SAR_OK;
    }
    return NEXT(SKF_ImportCertificate)(hContainer, bSignFlag, pbCert, ulCertLen);
}

ULONG DEVAPI SKF_ExportCertificate(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG *pulCertLen) {
    if (fault("certificate-flag-ignored")) {
        bSignFlag = TRUE;
    }
    if (fault("certificates-swapped")) {
        bSignFlag = !bSignFlag;
    }
    ULONG at = kept_certificate(hContainer, bSignFlag);
    if (at == CERTIFICATES || pulCertLen == NULL) {
        ULONG code = NEXT(SKF_ExportCertificate)(hContainer, bSignFlag, pbCert, pulCertLen);
        if (fault("certificate-missing-is-empty") && code == SAR_CERTNOTFOUNTERR) {
            *pulCertLen = 0;
            return SAR_OK;
        }
        return code;
    }
    ULONG room = *pulCertLen;
    *pulCertLen = certificates[at].len;
    if (pbCert != NULL && room < certificates[at].len) {
        return SAR_BUFFER_TOO_SMALL;
    }
    if (pbCert != NULL) {
        memcpy(pbCert, certificates[at].content, certificates[at].len);
    }
    return SAR_OK;
}

/* A pair whose private key is 1, so that the public key is the base point, and the private key behind the public one.
 */
static void write_whole_pair(BYTE *out) {
    static const BYTE base[2][32] = {
        {0x32, 0xC4, 0xAE, 0x2C, 0x1F, 0x19, 0x81, 0x19, 0x5F, 0x99, 0x04, 0x46, 0x6A, 0x39, 0xC9, 0x94,
         0x8F, 0xE3, 0x0B, 0xBF, 0xF2, 0x66, 0x0B, 0xE1, 0x71, 0x5A, 0x45, 0x89, 0x33, 0x4C, 0x74, 0xC7},
        {0xBC, 0x37, 0x36, 0xA2, 0xF4, 0xF6, 0x77, 0x9C, 0x59, 0xBD, 0xCE, 0xE3, 0x6B, 0x69, 0x21, 0x53,
         0xD0, 0xA9, 0x87, 0x7C, 0xC6, 0x2A, 0x47, 0x40, 0x02, 0xDF, 0x32, 0xE5, 0x21, 0x39, 0xF0, 0xA0}};
    ECCPUBLICKEYBLOB blob = {.BitLen = 256};
    memcpy(blob.XCoordinate + 32, base[0], 32);
    memcpy(blob.YCoordinate + 32, base[1], 32);
    memcpy(out, &blob, sizeof blob);
    memset(out + sizeof blob, 0, 31);
    out[sizeof blob + 31] = 1;
}

ULONG DEVAPI SKF_ExportPublicKey(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbBlob, ULONG *pulBlobLen) {
    ULONG room = pulBlobLen == NULL ? 0 : *pulBlobLen;
    if (fault("public-key-flag-ignored")) {
        bSignFlag = TRUE;
    }
    ULONG code = NEXT(SKF_ExportPublicKey)(hContainer, bSignFlag, pbBlob, pulBlobLen);
    if (fault("public-key-with-private-key") && code == SAR_OK && pbBlob != NULL &&
        room >= sizeof(ECCPUBLICKEYBLOB) + 32) {
        write_whole_pair(pbBlob);
    }
    if (fault("public-key-of-nothing") && code == SAR_KEYNOTFOUNTERR) {
        if (pbBlob != NULL && *pulBlobLen >= sizeof(ECCPUBLICKEYBLOB)) {
            memset(pbBlob, 0, sizeof(ECCPUBLICKEYBLOB));
        }
        *pulBlobLen = sizeof(ECCPUBLICKEYBLOB);
        return SAR_OK;
    }
    return code;
}
