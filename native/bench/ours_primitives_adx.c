/* Primitives on the field with MULX and ADX. */
#include "common/cpu.h"
#include "sm2/field_adx.h"

#include "primitives.h"

void ours_primitives_adx_register(void) {
    uint32_t needed = CPU_X86_BMI2 | CPU_X86_ADX;
    if ((cpu_features() & needed) == needed) {
        register_primitives("adx");
    }
}
