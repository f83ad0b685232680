package dev.wsvd.factorization;

import java.util.List;

/** What a layer's outputs lose with each unit, given those that are gone already. */
interface UnitLosses {
    /** As a share of the layer's energy. */
    double of(int unit);

    /** From now on the unit is gone. */
    void remove(int unit);

    /** Losses that do not depend on what else is there. */
    static UnitLosses fixed(double[] losses) {
        return new UnitLosses() {
            @Override
            public double of(int unit) {
                return losses[unit];
            }

            @Override
            public void remove(int unit) {}
        };
    }

    /**
     * Units in the order in which they stay: from the back, each the one with which all layers together lose least. Of several the
     * last goes first.
     */
    static int[] order(List<UnitLosses> layers, int units) {
        int[] order = new int[units];
        boolean[] gone = new boolean[units];
        for (int i = units - 1; i >= 0; i--) {
            int next = -1;
            double least = Double.POSITIVE_INFINITY;
            for (int unit = 0; unit < units; unit++) {
                double loss = gone[unit] ? Double.POSITIVE_INFINITY : sum(layers, unit);
                if (!gone[unit] && (loss <= least || next < 0)) {
                    least = loss;
                    next = unit;
                }
            }
            gone[next] = true;
            order[i] = next;
            for (UnitLosses layer : layers) {
                layer.remove(next);
            }
        }
        return order;
    }

    private static double sum(List<UnitLosses> layers, int unit) {
        double sum = 0;
        for (UnitLosses layer : layers) {
            sum += layer.of(unit);
        }
        return sum;
    }
}
