/* Literals with NULs as data and length. */
#define OCTETS(literal) (const uint8_t *)(literal), sizeof(literal) - 1
