package dev.wsvd.backend.ejml;

import java.lang.management.ManagementFactory;
import java.lang.management.PlatformManagedObject;

/** a b + c, rounded once where the processor can, and otherwise twice: without hardware, Math.fma is far too slow. */
final class Fma {
    private static final boolean HARDWARE = hardware();

    private Fma() {}

    static double of(double a, double b, double c) {
        return HARDWARE ? Math.fma(a, b, c) : a * b + c;
    }

    /** Only the JVM knows; HotSpot tells, but its bean is not part of Java itself, so it may be absent. */
    private static boolean hardware() {
        try {
            Class<? extends PlatformManagedObject> type =
                    Class.forName("com.sun.management.HotSpotDiagnosticMXBean").asSubclass(PlatformManagedObject.class);
            PlatformManagedObject bean = ManagementFactory.getPlatformMXBean(type);
            Object option = type.getMethod("getVMOption", String.class).invoke(bean, "UseFMA");
            return Boolean.parseBoolean(
                    (String) option.getClass().getMethod("getValue").invoke(option));
        } catch (ReflectiveOperationException | RuntimeException e) {
            // Two roundings are always right.
            return false;
        }
    }
}
