"""SECURITY.md: each promise names the tests by which it is tried, and they are there."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).parents[2]
FILE = re.compile(r"`(test_\w+\.(?:py|c))`(?:: ((?:`\w+`(?:, )?)+))?")


class Promises(unittest.TestCase):
    def rows(self):
        """The promises, with what stands beside them."""
        table = (ROOT / "SECURITY.md").read_text().split("| promise | tried by |\n|---|---|\n")[1].split("\n\n")[0]
        return [row.strip("| ").split(" | ", 1) for row in table.splitlines()]

    def test_each_promise_is_tried_by_tests_that_are_there(self):
        rows = self.rows()
        self.assertGreater(len(rows), 10)
        for promise, tried_by in rows:
            files = FILE.findall(tried_by)
            self.assertTrue(files, promise)
            for name, tests in files:
                folder = "integration" if name.endswith(".py") else "unit"
                source = (ROOT / "tests" / folder / name).read_text()
                for test in re.findall(r"`(\w+)`", tests):
                    self.assertRegex(source, rf"(def |TEST\(){test}\(?", f"{promise}: {name}")

    def test_nothing_else_stands_in_the_table(self):
        for promise, tried_by in self.rows():
            self.assertEqual(re.sub(r"[;, ]", "", FILE.sub("", tried_by)), "", promise)


if __name__ == "__main__":
    unittest.main()
