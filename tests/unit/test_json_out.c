/* The output is JSON on one line, and another reader reads what was meant. */
#include "wire/json_out.h"

#include "unit.h"

#include <jansson.h>

static struct buffer to;
static struct json_out out;

static int setup(void **state)
{
	(void)state;
	json_open(&out, &to);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buffer_release(&to);
	return 0;
}

/* The object as jansson reads it; the caller frees it. */
static json_t *read_back(void)
{
	json_close(&out);
	json_t *object = json_loadb(buffer_bytes(&to), buffer_length(&to), JSON_REJECT_DUPLICATES, NULL);
	if (!object)
		fail_msg("no JSON: %s", buffer_string(&to));
	for (size_t i = 0; i < buffer_length(&to); i++)
		assert_true((unsigned char)buffer_bytes(&to)[i] >= ' ');
	return object;
}

TEST(an_object_without_fields)
{
	json_decref(read_back());
	assert_string_equal(buffer_string(&to), "{}");
}

TEST(fields_stand_in_the_order_of_the_calls)
{
	json_text(&out, "op", "ack");
	json_number(&out, "seq", 42);
	json_bool(&out, "on", true);
	json_bool(&out, "off", false);
	json_time(&out, "time", 0);
	json_decref(read_back());
	assert_string_equal(buffer_string(&to), "{\"op\":\"ack\",\"seq\":42,\"on\":true,\"off\":false,"
						"\"time\":\"1970-01-01T00:00:00.000Z\"}");
}

TEST(an_absent_text_writes_no_field)
{
	json_text(&out, "a", NULL);
	json_text(&out, "b", "");
	json_text(&out, "c", NULL);
	json_decref(read_back());
	assert_string_equal(buffer_string(&to), "{\"b\":\"\"}");
}

TEST(objects_and_arrays_nest)
{
	json_object_begin(&out, "from");
	json_text(&out, "name", "mario");
	json_object_end(&out);
	json_array_begin(&out, "rows");
	for (int i = 0; i < 2; i++) {
		json_element_begin(&out);
		json_number(&out, "i", i);
		json_array_begin(&out, "names");
		json_text(&out, NULL, "a");
		json_text(&out, NULL, "b");
		json_array_end(&out);
		json_element_end(&out);
	}
	json_array_end(&out);
	json_array_begin(&out, "none");
	json_array_end(&out);
	json_number(&out, "last", 1);
	json_decref(read_back());
	assert_string_equal(buffer_string(&to),
			    "{\"from\":{\"name\":\"mario\"},\"rows\":[{\"i\":0,\"names\":[\"a\",\"b\"]},"
			    "{\"i\":1,\"names\":[\"a\",\"b\"]}],\"none\":[],\"last\":1}");
}

TEST(numbers_of_every_size)
{
	static const int64_t numbers[] = {0, 1, -1, 1234567890123, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char key[8] = {'k', (char)('0' + i)};
		json_number(&out, key, numbers[i]);
	}
	json_t *object = read_back();
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char key[8] = {'k', (char)('0' + i)};
		assert_int_equal(json_integer_value(json_object_get(object, key)), numbers[i]);
	}
	json_decref(object);
}

TEST(every_character_comes_back)
{
	char all[256] = "";
	for (int i = 1; i < 0x80; i++)
		all[i - 1] = (char)i;
	strcat(all, "è日👍\xe2\x80\xa8");
	json_text(&out, "text", all);
	json_t *object = read_back();
	assert_string_equal(json_string_value(json_object_get(object, "text")), all);
	json_decref(object);
}

TEST(random_texts_come_back)
{
	uint64_t dice = 17;
	for (int turn = 0; turn < 500; turn++) {
		char key[16], text[64];
		size_t length = dice_below(&dice, sizeof text);
		for (size_t i = 0; i < length; i++)
			text[i] = (char)(1 + dice_below(&dice, 127));
		text[length ? length - 1 : 0] = '\0';
		snprintf(key, sizeof key, "k%d", turn);
		json_text(&out, key, text);
	}
	json_t *object = read_back();
	assert_int_equal(json_object_size(object), 500);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_object_without_fields, setup, teardown),
	    cmocka_unit_test_setup_teardown(fields_stand_in_the_order_of_the_calls, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_absent_text_writes_no_field, setup, teardown),
	    cmocka_unit_test_setup_teardown(objects_and_arrays_nest, setup, teardown),
	    cmocka_unit_test_setup_teardown(numbers_of_every_size, setup, teardown),
	    cmocka_unit_test_setup_teardown(every_character_comes_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(random_texts_come_back, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
