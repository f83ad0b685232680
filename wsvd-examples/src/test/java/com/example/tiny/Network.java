package com.example.tiny;

import com.example.tiny.Step.Size;
import dev.wsvd.domain.error.ModelFormatException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A chain of layers: what users of this format call a model.
 *
 * @param input the size of one sample
 */
public record Network(Size input, List<Step> steps) {
    /** Hears what each layer sees and gives. */
    interface Watcher {
        /** @param given before the activation */
        void ran(Step step, float[] seen, float[] given);
    }

    public Network {
        steps = List.copyOf(steps);
        Set<String> names = new HashSet<>();
        for (Step step : steps) {
            if (!names.add(step.name())) {
                throw new ModelFormatException("two layers are called '" + step.name() + "'.");
            }
        }
        output(input, steps);
    }

    /** The size of what comes out for one sample. */
    Size output() {
        return output(input, steps);
    }

    private static Size output(Size input, List<Step> steps) {
        Size size = input;
        for (Step step : steps) {
            size = step.given(step.seen(size));
        }
        return size;
    }

    /** Runs one sample. */
    float[] run(float[] sample, Watcher watcher) {
        Size size = input;
        float[] x = sample;
        for (Step step : steps) {
            Size seen = step.seen(size);
            float[] y = step.run(x, seen);
            watcher.ran(step, x, y);
            x = step.activated(y);
            size = step.given(seen);
        }
        return x;
    }
}
