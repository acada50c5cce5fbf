/* Faults of slots, tokens and their mechanisms: lists and what is said of them.
 */
#include "faulty.h"

static CK_RV get_slot_list(CK_BBOOL tokenPresent, CK_SLOT_ID *pSlotList, CK_ULONG *pulCount) {
    CK_ULONG needed = 0;
    if (fault("slot-list-overruns") && pSlotList != NULL && pulCount != NULL &&
        NEXT(C_GetSlotList)(tokenPresent, NULL, &needed) == CKR_OK && *pulCount < needed) {
        *pulCount = needed;
    }
    return NEXT(C_GetSlotList)(tokenPresent, pSlotList, pulCount);
}

static CK_RV get_slot_info(CK_SLOT_ID slotID, CK_SLOT_INFO *pInfo) {
    CK_RV rv = NEXT(C_GetSlotInfo)(slotID, pInfo);
    if (fault("slot-without-token-flag") && rv == CKR_OK) {
        pInfo->flags &= ~CKF_TOKEN_PRESENT;
    }
    if (fault("unknown-slot-described") && rv == CKR_SLOT_ID_INVALID) {
        memset(pInfo, ' ', sizeof *pInfo);
        return CKR_OK;
    }
    return rv;
}

static CK_RV get_token_info(CK_SLOT_ID slotID, CK_TOKEN_INFO *pInfo) {
    static int was_low;
    CK_RV rv = NEXT(C_GetTokenInfo)(slotID, pInfo);
    if (rv != CKR_OK) {
        return rv;
    }
    if (fault("label-ends-with-zero")) {
        pInfo->label[sizeof pInfo->label - 1] = 0;
    }
    if (fault("pin-lengths-swapped")) {
        CK_ULONG kept = pInfo->ulMinPinLen;
        pInfo->ulMinPinLen = pInfo->ulMaxPinLen;
        pInfo->ulMaxPinLen = kept;
    }
    if (fault("sessions-not-counted")) {
        pInfo->ulSessionCount = pInfo->ulRwSessionCount = 0;
    }
    if (fault("rng-flag-missing")) {
        pInfo->flags &= ~CKF_RNG;
    }
    if (fault("locked-flag-missing")) {
        pInfo->flags &= ~CKF_USER_PIN_LOCKED;
    }
    if (fault("count-low-stays")) {
        was_low |= (pInfo->flags & CKF_USER_PIN_COUNT_LOW) != 0;
        pInfo->flags |= was_low ? CKF_USER_PIN_COUNT_LOW : 0;
    }
    if (fault("serial-number-empty")) {
        memset(pInfo->serialNumber, ' ', sizeof pInfo->serialNumber);
    }
    return rv;
}

static CK_RV get_mechanism_list(CK_SLOT_ID slotID, CK_MECHANISM_TYPE *pMechanismList, CK_ULONG *pulCount) {
    CK_RV rv = NEXT(C_GetMechanismList)(slotID, pMechanismList, pulCount);
    return fault("mechanism-list-cut") && rv == CKR_BUFFER_TOO_SMALL ? CKR_OK : rv;
}

static CK_RV get_mechanism_info(CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *pInfo) {
    if (fault("mechanism-not-described") && type == CKM_SHA256) {
        return CKR_MECHANISM_INVALID;
    }
    CK_RV rv = NEXT(C_GetMechanismInfo)(slotID, type, pInfo);
    if (fault("every-mechanism-described") && rv == CKR_MECHANISM_INVALID) {
        *pInfo = (CK_MECHANISM_INFO){16, 32, CKF_ENCRYPT};
        return CKR_OK;
    }
    if (fault("mechanism-flags-wrong") && rv == CKR_OK && type == CKM_SHA256) {
        pInfo->flags = CKF_SIGN;
    }
    return rv;
}

static CK_RV wait_for_slot_event(CK_FLAGS flags, CK_SLOT_ID *pSlot, void *pReserved) {
    if (fault("events-without-end")) {
        *pSlot = 0;
        return CKR_OK;
    }
    return NEXT(C_WaitForSlotEvent)(flags, pSlot, pReserved);
}

void replace_slots(CK_FUNCTION_LIST *list) {
    list->C_GetSlotList = get_slot_list;
    list->C_GetSlotInfo = get_slot_info;
    list->C_GetTokenInfo = get_token_info;
    list->C_GetMechanismList = get_mechanism_list;
    list->C_GetMechanismInfo = get_mechanism_info;
    list->C_WaitForSlotEvent = wait_for_slot_event;
}
