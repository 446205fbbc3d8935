package norikae.lab.bench.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A drawing of what is written and what is sent over what the application asks for, in SVG: a colour for each kind of data, a
 * line for what is written and a dashed one for what is sent. Confined to one thread.
 */
final class Plot {

    private static final int WIDTH = 640;
    private static final int HEIGHT = 420;
    private static final int LEFT = 70;
    private static final int RIGHT = 20;
    private static final int TOP = 20;
    private static final int BOTTOM = 60;
    private static final int TICK = 1000;
    private static final List<String> COLOURS = List.of("#0b5cad", "#c2410c", "#15803d");

    /** A measured value. */
    record Spot(double x, double y) {}

    private record Line(String words, String colour, boolean dashed, List<Spot> spots) {}

    private final String xWords;
    private final String yWords;
    private final String limitWords;
    private final double limit;
    private final List<Line> lines = new ArrayList<>();

    /** @param limit a value of y that deserves a line of its own */
    Plot(String xWords, String yWords, String limitWords, double limit) {
        this.xWords = xWords;
        this.yWords = yWords;
        this.limitWords = limitWords;
        this.limit = limit;
    }

    void add(String words, List<Spot> written, List<Spot> sent) {
        String colour = COLOURS.get(lines.size() / 2 % COLOURS.size());
        lines.add(new Line(words + ": written", colour, false, written));
        lines.add(new Line(words + ": sent", colour, true, sent));
    }

    String svg() {
        double xMax = ticked(lines.stream()
                .flatMap(line -> line.spots().stream())
                .mapToDouble(Spot::x)
                .max()
                .orElse(TICK));
        double yMax = ticked(lines.stream()
                .flatMap(line -> line.spots().stream())
                .mapToDouble(Spot::y)
                .max()
                .orElse(TICK));
        StringBuilder svg = new StringBuilder("""
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" width="%1$d" height="%2$d" \
                font-family="sans-serif" font-size="13">
                <rect width="%1$d" height="%2$d" fill="white"/>
                """.formatted(WIDTH, HEIGHT));
        axes(svg, xMax, yMax);
        double limitAt = y(limit, yMax);
        svg.append(line(LEFT, limitAt, WIDTH - RIGHT, limitAt, "stroke=\"#555\" stroke-dasharray=\"1 3\""));
        svg.append(text(WIDTH - RIGHT - 4, limitAt - 5, "end", limitWords));
        for (int i = 0; i < lines.size(); i++) {
            draw(svg, lines.get(i), i, xMax, yMax);
        }
        return svg.append("</svg>\n").toString();
    }

    private static double ticked(double value) {
        return Math.ceil(value / TICK) * TICK;
    }

    private static double x(double value, double max) {
        return LEFT + value / max * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double value, double max) {
        return HEIGHT - BOTTOM - value / max * (HEIGHT - TOP - BOTTOM);
    }

    private void axes(StringBuilder svg, double xMax, double yMax) {
        for (int tick = 0; tick <= yMax; tick += TICK) {
            double at = y(tick, yMax);
            svg.append(line(LEFT, at, WIDTH - RIGHT, at, tick == 0 ? "stroke=\"black\"" : "stroke=\"#ddd\""));
            svg.append(text(LEFT - 8, at + 4, "end", Integer.toString(tick)));
        }
        for (int tick = 0; tick <= xMax; tick += TICK) {
            double at = x(tick, xMax);
            svg.append(line(at, HEIGHT - BOTTOM, at, HEIGHT - BOTTOM + 5, "stroke=\"black\""));
            svg.append(text(at, HEIGHT - BOTTOM + 20, "middle", Integer.toString(tick)));
        }
        svg.append(line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, "stroke=\"black\""));
        svg.append(text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 18, "middle", xWords));
        svg.append("<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n"
                .formatted((TOP + HEIGHT - BOTTOM) / 2, yWords));
    }

    private static void draw(StringBuilder svg, Line line, int number, double xMax, double yMax) {
        String style = "stroke=\"" + line.colour() + "\" stroke-width=\"2\""
                + (line.dashed() ? " stroke-dasharray=\"6 4\"" : "");
        StringBuilder points = new StringBuilder();
        for (Spot spot : line.spots()) {
            double atX = x(spot.x(), xMax);
            double atY = y(spot.y(), yMax);
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", atX, atY));
            svg.append(String.format(
                    Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n", atX, atY, line.colour()));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<polyline fill=\"none\" %s points=\"%s\"/>%n",
                style,
                points.toString().strip()));
        // Measured lines rise to the right: the upper left is free for the key.
        double keyY = TOP + 14 + number * 18.0;
        svg.append(line(LEFT + 12, keyY, LEFT + 42, keyY, style));
        svg.append(text(LEFT + 50, keyY + 4, "start", line.words()));
    }

    private static String line(double x1, double y1, double x2, double y2, String style) {
        return String.format(
                Locale.ROOT, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>%n", x1, y1, x2, y2, style);
    }

    private static String text(double x, double y, String anchor, String words) {
        return String.format(
                Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, words);
    }
}
