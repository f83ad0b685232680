package dev.wsvd.backend.ejml;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/** a b + c, rounded once where the processor can, and otherwise twice: without hardware, Math.fma is a thousand times slower. */
final class Fma {
    private static final boolean HARDWARE = hardware();

    private Fma() {}

    static double of(double a, double b, double c) {
        return HARDWARE ? Math.fma(a, b, c) : a * b + c;
    }

    private static boolean hardware() {
        HotSpotDiagnosticMXBean hotSpot = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        try {
            return hotSpot != null
                    && Boolean.parseBoolean(hotSpot.getVMOption("UseFMA").getValue());
        } catch (IllegalArgumentException e) {
            // A JVM that does not have the option does not tell; two roundings are always right.
            return false;
        }
    }
}
