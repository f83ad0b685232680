package dev.wsvd.benchmarks.cluster;

import java.util.Locale;
import java.util.Map;

/** Speed-up by executors, both on logarithmic axes, readable on light and dark pages. */
final class SpeedUpPlot {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 440;
    private static final int LEFT = 60;
    private static final int RIGHT = 170;
    private static final int TOP = 20;
    private static final int BOTTOM = 50;
    private static final String[] COLOURS = {"#3b82f6", "#d97706", "#16a34a", "#db2777", "#8b5cf6"};

    private SpeedUpPlot() {}

    /** @param seconds by name, for each number of executors, of which the first is 1 */
    static String svg(int[] executors, Map<String, double[]> seconds) {
        int most = executors[executors.length - 1];
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">%n"
                        + "<title>Speed-up by executors</title>%n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>%n",
                WIDTH,
                HEIGHT));
        for (int tick = 1; tick <= most; tick *= 10) {
            line(svg, "#d4d4d8", x(tick, most), y(1, most), x(tick, most), y(most, most));
            line(svg, "#d4d4d8", x(1, most), y(tick, most), x(most, most), y(tick, most));
            text(svg, "middle", "#3f3f46", x(tick, most), HEIGHT - BOTTOM + 18, String.valueOf(tick));
            text(svg, "end", "#3f3f46", LEFT - 8, y(tick, most) + 4, String.valueOf(tick));
        }
        text(svg, "middle", "#3f3f46", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "executors");
        text(svg, "start", "#3f3f46", 4, 11, "speed-up");
        line(svg, "#a1a1aa", x(1, most), y(1, most), x(most, most), y(most, most));
        int number = 0;
        for (Map.Entry<String, double[]> run : seconds.entrySet()) {
            String colour = COLOURS[number % COLOURS.length];
            StringBuilder points = new StringBuilder();
            double last = 1;
            for (int i = 0; i < executors.length; i++) {
                last = run.getValue()[0] / run.getValue()[i];
                points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(executors[i], most), y(last, most)));
            }
            svg.append("<polyline fill=\"none\" stroke-width=\"2\" stroke=\"")
                    .append(colour)
                    .append("\" points=\"")
                    .append(points.toString().trim())
                    .append("\"/>\n");
            text(
                    svg,
                    "start",
                    colour,
                    WIDTH - RIGHT + 8,
                    y(last, most) + 4,
                    run.getKey() + String.format(Locale.ROOT, " (%.0f×)", last));
            number++;
        }
        return svg.append("</svg>\n").toString();
    }

    private static double x(double executors, int most) {
        return LEFT + Math.log(executors) / Math.log(most) * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double speedUp, int most) {
        return HEIGHT - BOTTOM - Math.log(Math.max(1, speedUp)) / Math.log(most) * (HEIGHT - TOP - BOTTOM);
    }

    private static void line(StringBuilder svg, String colour, double x1, double y1, double x2, double y2) {
        svg.append(String.format(
                Locale.ROOT,
                "<line stroke=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
                colour,
                x1,
                y1,
                x2,
                y2));
    }

    private static void text(StringBuilder svg, String anchor, String colour, double x, double y, String words) {
        svg.append(String.format(
                Locale.ROOT,
                "<text text-anchor=\"%s\" fill=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>%n",
                anchor,
                colour,
                x,
                y,
                words));
    }
}
