package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.json.JsonPlans;
import java.nio.file.Path;

/** {@code plan.json}. */
class PlanFuzzTest {
    private static final InputFile INPUT = new InputFile("plan.json");

    @FuzzTest
    void plan(byte[] bytes) {
        Path file = INPUT.with(bytes);
        Sentence.orResult(() -> JsonPlans.read(file));
    }
}
