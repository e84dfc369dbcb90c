#ifndef FUZZ_PROMISE_H
#define FUZZ_PROMISE_H

#include <stdio.h>
#include <stdlib.h>

/* What must hold for every input; the fuzzer keeps the one for which it does not. */
#define PROMISE(holds, what)                                                                                \
    do {                                                                                                    \
        if (!(holds)) {                                                                                     \
            fprintf(stderr, "broken promise: %s (%s:%d)\n", what, __FILE__, __LINE__);                      \
            abort();                                                                                        \
        }                                                                                                   \
    } while (0)

#endif
