/* Faults of files: created, listed, read, written, deleted. */
#include "faulty.h"

enum { LIST_LEN = 65536, FILE_NAME_LEN = 32, CONTENT_MAX = 8192, CACHED = 16, COMMAND_LEN = 200, SECTOR_LEN = 32 };

typedef struct {
    HAPPLICATION application;
    char name[SEEN_TEXT_MAX];
    BYTE content[CONTENT_MAX];
    ULONG len;
} kept_file;

/* The file deleted last, and those whose contents a careless driver writes later, which is never. */
static kept_file deleted;
static kept_file cached[CACHED];
static unsigned next_cached;

/* ---- names and lists ---------------------------------------------------------------------- */

static const char *names_of(HAPPLICATION application) {
    static char names[LIST_LEN];
    ULONG size = sizeof names;
    return NEXT(SKF_EnumFiles)(application, names, &size) == SAR_OK ? names : "\0";
}

/* The file that is found under a name. */
static LPSTR found(HAPPLICATION application, LPSTR name) {
    static char other[SEEN_TEXT_MAX];
    int first = fault("files-share-contents"), prefix = fault("file-found-by-prefix");
    const char *listed = first || prefix ? names_of(application) : "\0";
    for (; name != NULL && *listed != '\0'; listed += strlen(listed) + 1) {
        if (first || strncmp(listed, name, strlen(listed)) == 0) {
            seen_text(other, listed);
            return other;
        }
    }
    return name;
}

/* Whether a deleted file is only hidden, from those who have the application open meanwhile. */
static int hidden(HAPPLICATION application, const char *name) {
    return fault("file-deletion-forgotten") && deleted.application == application && name != NULL &&
           strcmp(deleted.name, name) == 0;
}

ULONG DEVAPI SKF_EnumFiles(HAPPLICATION hApplication, LPSTR szFileList, ULONG *pulSize) {
    static char shown[LIST_LEN];
    if ((!fault("file-list-of-two") && !fault("file-deletion-forgotten")) || pulSize == NULL) {
        return NEXT(SKF_EnumFiles)(hApplication, szFileList, pulSize);
    }
    ULONG len = 0;
    int count = 0;
    for (const char *name = names_of(hApplication); *name != '\0'; name += strlen(name) + 1) {
        if (!hidden(hApplication, name) && (count++ < 2 || !fault("file-list-of-two"))) {
            memcpy(shown + len, name, strlen(name) + 1);
            len += (ULONG)strlen(name) + 1;
        }
    }
    shown[len++] = '\0';
    ULONG room = *pulSize;
    *pulSize = len;
    if (szFileList != NULL && room < len) {
        return SAR_BUFFER_TOO_SMALL;
    }
    if (szFileList != NULL) {
        memcpy(szFileList, shown, len);
    }
    return SAR_OK;
}

/* ---- created and deleted ------------------------------------------------------------------ */

/* The right that a file gets in place of the one that was asked for. */
static ULONG right(ULONG asked, const char *ignored, const char *narrowed) {
    if (fault(ignored)) {
        return SECURE_ANYONE_ACCOUNT;
    }
    return fault(narrowed) && asked == SECURE_ANYONE_ACCOUNT ? SECURE_USER_ACCOUNT : asked;
}

/* What a name is refused with that the standard allows; SAR_OK for one that is taken. */
static ULONG refused_name(HAPPLICATION application, LPSTR name) {
    if (fault("file-name-needs-nul") && strlen(name) >= FILE_NAME_LEN) {
        return SAR_NAMELENERR;
    }
    if (fault("file-name-ascii-only") && !text_is_ascii(name)) {
        return SAR_INVALIDPARAMERR;
    }
    if (fault("file-found-by-prefix") && found(application, name) != name) {
        return SAR_FILE_ALREADY_EXIST;
    }
    return SAR_OK;
}

ULONG DEVAPI SKF_CreateFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulFileSize, ULONG ulReadRights,
                            ULONG ulWriteRights) {
    ULONG code = szFileName == NULL ? SAR_OK : refused_name(hApplication, szFileName);
    if (code != SAR_OK) {
        return code;
    }
    if (fault("file-name-cut-off") && szFileName != NULL && strlen(szFileName) > FILE_NAME_LEN) {
        static char cut[SEEN_TEXT_MAX];
        seen_text(cut, szFileName);
        cut[FILE_NAME_LEN] = '\0';
        szFileName = cut;
    }
    ULONG read_right = right(ulReadRights, "file-read-right-ignored", "file-read-by-anyone-is-user");
    ULONG write_right = right(ulWriteRights, "file-write-right-ignored", "file-write-by-anyone-is-user");
    code = NEXT(SKF_CreateFile)(hApplication, szFileName, ulFileSize, read_right, write_right);
    if (fault("file-created-over-another") && code == SAR_FILE_ALREADY_EXIST) {
        (void)NEXT(SKF_DeleteFile)(hApplication, szFileName);
        return NEXT(SKF_CreateFile)(hApplication, szFileName, ulFileSize, read_right, write_right);
    }
    if (fault("file-larger-than-device") && code == SAR_NO_ROOM) {
        return NEXT(SKF_CreateFile)(hApplication, szFileName, SECTOR_LEN, read_right, write_right);
    }
    if (fault("full-token-loses-a-file") && code == SAR_NO_ROOM) {
        (void)NEXT(SKF_DeleteFile)(hApplication, (LPSTR)(uintptr_t)names_of(hApplication));
        return NEXT(SKF_CreateFile)(hApplication, szFileName, ulFileSize, read_right, write_right);
    }
    if (fault("file-new-shows-deleted") && code == SAR_OK && deleted.len == ulFileSize) {
        (void)NEXT(SKF_WriteFile)(hApplication, szFileName, 0, deleted.content, deleted.len);
    }
    return code;
}

/* Keep the contents of a file that is about to be deleted. */
static void keep_deleted(HAPPLICATION application, LPSTR name) {
    seen_text(deleted.name, name);
    deleted.application = application;
    deleted.len = sizeof deleted.content;
    if (NEXT(SKF_ReadFile)(application, name, 0, deleted.len, deleted.content, &deleted.len) != SAR_OK) {
        deleted.len = 0;
    }
}

/* Whether the user has logged in, which shows in what only he may do. */
static int user_is_in(HAPPLICATION application) {
    static char name[] = "probe";
    HCONTAINER container;
    if (NEXT(SKF_CreateContainer)(application, name, &container) != SAR_OK) {
        return 0;
    }
    (void)NEXT(SKF_DeleteContainer)(application, name);
    return 1;
}

ULONG DEVAPI SKF_DeleteFile(HAPPLICATION hApplication, LPSTR szFileName) {
    if (szFileName != NULL) {
        keep_deleted(hApplication, szFileName);
    }
    if (fault("file-deletion-forgotten")) {
        return SAR_OK;
    }
    if (fault("file-deletion-needs-user") && !user_is_in(hApplication)) {
        return SAR_USER_NOT_LOGGED_IN;
    }
    ULONG code = NEXT(SKF_DeleteFile)(hApplication, szFileName);
    if (fault("file-unknown-deleted") && code == SAR_FILE_NOT_EXIST) {
        return SAR_OK;
    }
    if (fault("file-deletion-needs-no-right") && code == SAR_USER_NOT_LOGGED_IN) {
        seen_login(hApplication);
        code = NEXT(SKF_DeleteFile)(hApplication, szFileName);
        (void)NEXT(SKF_ClearSecureState)(hApplication);
    }
    return code;
}

ULONG DEVAPI SKF_GetFileInfo(HAPPLICATION hApplication, LPSTR szFileName, FILEATTRIBUTE *pFileInfo) {
    ULONG code = NEXT(SKF_GetFileInfo)(hApplication, szFileName, pFileInfo);
    if (fault("file-size-in-sectors") && code == SAR_OK) {
        pFileInfo->FileSize = (pFileInfo->FileSize + SECTOR_LEN - 1) / SECTOR_LEN * SECTOR_LEN;
    }
    return code;
}

/* ---- read and written --------------------------------------------------------------------- */

/* The contents that are kept in memory in place of a file's; NULL where none are. */
static kept_file *in_cache(HAPPLICATION application, const char *name) {
    for (unsigned i = 0; i < CACHED; i++) {
        if (cached[i].application == application && application != NULL && strcmp(cached[i].name, name) == 0) {
            return &cached[i];
        }
    }
    return NULL;
}

/* Take a file into memory. */
static kept_file *into_cache(HAPPLICATION application, LPSTR name) {
    kept_file *file = &cached[next_cached++ % CACHED];
    seen_text(file->name, name);
    file->len = sizeof file->content;
    ULONG code = NEXT(SKF_ReadFile)(application, name, 0, file->len, file->content, &file->len);
    file->application = code == SAR_OK ? application : NULL;
    return code == SAR_OK ? file : NULL;
}

/* Read on after the end of a file: zeros, and nobody says that they are not in it. */
static ULONG read_past_end(HAPPLICATION application, LPSTR name, ULONG offset, ULONG size, BYTE *data, ULONG *len) {
    FILEATTRIBUTE info;
    ULONG code = NEXT(SKF_GetFileInfo)(application, name, &info);
    if (code != SAR_OK || *len < size) {
        return NEXT(SKF_ReadFile)(application, name, offset, size, data, len);
    }
    ULONG there = offset < info.FileSize ? info.FileSize - offset : 0;
    ULONG wanted = there < size ? there : size;
    memset(data, 0, size);
    if (wanted != 0) {
        ULONG room = *len;
        code = NEXT(SKF_ReadFile)(application, name, offset, wanted, data, &room);
    }
    *len = size;
    return code;
}

ULONG DEVAPI SKF_ReadFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulOffset, ULONG ulSize, BYTE *pbOutData,
                          ULONG *pulOutLen) {
    LPSTR name = found(hApplication, szFileName);
    if (name == NULL || pbOutData == NULL || pulOutLen == NULL) {
        return NEXT(SKF_ReadFile)(hApplication, name, ulOffset, ulSize, pbOutData, pulOutLen);
    }
    const kept_file *file = in_cache(hApplication, name);
    if (file != NULL && ulOffset <= file->len && ulSize <= file->len - ulOffset && ulSize <= *pulOutLen) {
        memcpy(pbOutData, file->content + ulOffset, ulSize);
        *pulOutLen = ulSize;
        return SAR_OK;
    }
    if (fault("file-read-past-end")) {
        return read_past_end(hApplication, name, ulOffset, ulSize, pbOutData, pulOutLen);
    }
    if (fault("file-read-in-sectors")) {
        ULONG rounded = (ulSize + SECTOR_LEN - 1) / SECTOR_LEN * SECTOR_LEN, room = rounded;
        ULONG code = NEXT(SKF_ReadFile)(hApplication, name, ulOffset, rounded, pbOutData, &room);
        *pulOutLen = room < ulSize ? room : ulSize;
        return code;
    }
    ULONG offset = fault("file-read-offset-ignored") ? 0 : ulOffset;
    ULONG code = NEXT(SKF_ReadFile)(hApplication, name, offset, ulSize, pbOutData, pulOutLen);
    if (fault("file-read-after-deletion") && code == SAR_FILE_NOT_EXIST && strcmp(deleted.name, name) == 0 &&
        ulSize <= deleted.len && ulSize <= *pulOutLen) {
        memcpy(pbOutData, deleted.content, ulSize);
        *pulOutLen = ulSize;
        return SAR_OK;
    }
    return code;
}

/* Write what fits, and say nothing of the rest. */
static ULONG write_what_fits(HAPPLICATION application, LPSTR name, ULONG offset, BYTE *data, ULONG size) {
    FILEATTRIBUTE info;
    ULONG code = NEXT(SKF_GetFileInfo)(application, name, &info);
    if (code == SAR_OK && offset <= info.FileSize && size > info.FileSize - offset) {
        size = info.FileSize - offset;
    }
    return NEXT(SKF_WriteFile)(application, name, offset, data, size);
}

ULONG DEVAPI SKF_WriteFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulOffset, BYTE *pbData, ULONG ulSize) {
    LPSTR name = found(hApplication, szFileName);
    if (fault("file-written-when-closed") && name != NULL) {
        kept_file *file = in_cache(hApplication, name);
        file = file != NULL ? file : into_cache(hApplication, name);
        if (file != NULL && ulOffset <= file->len && ulSize <= file->len - ulOffset) {
            memcpy(file->content + ulOffset, pbData, ulSize);
            return SAR_OK;
        }
    }
    if (fault("file-write-cut-at-end")) {
        return write_what_fits(hApplication, name, ulOffset, pbData, ulSize);
    }
    if (fault("file-write-of-one-command") && ulSize > COMMAND_LEN) {
        ulSize = COMMAND_LEN;
    }
    return NEXT(SKF_WriteFile)(hApplication, name, fault("file-write-offset-ignored") ? 0 : ulOffset, pbData, ulSize);
}
