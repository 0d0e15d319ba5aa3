# The fuzzers, linked with the same objects as the unit tests. tests/fuzz/run calls this with the compiler and the
# flags that libFuzzer needs.
include Makefile

.PHONY: fuzzers
fuzzers: $(patsubst tests/fuzz/%.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))

$(B)/fuzz_%: tests/fuzz/fuzz_%.c $(LIB_OBJ) tests/fuzz/fuzz.mk
	@$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(LIB_OBJ) $(LIBS_SERVER) $(LIBS_JSON) \
	  && echo "  LD  $@"

# The terminal client's, with its objects.
$(B)/fuzz_client_%: tests/fuzz/fuzz_client_%.c $(CLIENT_LIB_OBJ) tests/fuzz/fuzz.mk
	@$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(CLIENT_LIB_OBJ) \
	  $(LIBS_CLIENT) && echo "  LD  $@"

-include $(wildcard $(B)/fuzz_*.d)
