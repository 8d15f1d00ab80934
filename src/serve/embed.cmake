# A file as a NUL-terminated C array: -DINPUT=file -DOUTPUT=file.c
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"openapi.h\"\n\nconst unsigned char openapi_yaml[] = {${bytes}0x00};\n")
