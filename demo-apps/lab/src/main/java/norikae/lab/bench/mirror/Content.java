package norikae.lab.bench.mirror;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.random.RandomGenerator;

/** What an application writes, page by page. */
enum Content {
    /** As encrypted or packed data look. */
    INCOMPRESSIBLE {
        @Override
        void fill(ByteBuffer page, RandomGenerator random) {
            while (page.remaining() >= Long.BYTES) {
                page.putLong(random.nextLong());
            }
        }
    },
    /** Rows of text as a table of orders has them, and the free room at the end of each page. */
    DATABASE_PAGES {
        @Override
        void fill(ByteBuffer page, RandomGenerator random) {
            int full = page.position() + page.remaining() / 100 * FULL_PERCENT;
            int key = random.nextInt(90_000_000) + 10_000_000;
            while (page.position() < full) {
                byte[] row = row(key++, random).getBytes(StandardCharsets.US_ASCII);
                page.put(row, 0, Math.min(row.length, page.remaining()));
            }
            while (page.hasRemaining()) {
                page.put((byte) 0);
            }
        }
    };

    static final int PAGE_BYTES = 8192;

    /** What databases leave free in a page on average is of this order. */
    private static final int FULL_PERCENT = 70;

    private static final List<String> STATES = List.of("ordered", "packed", "shipped", "delivered", "returned");
    private static final List<String> PLACES =
            List.of("Tokyo", "Osaka", "Nagoya", "Sapporo", "Fukuoka", "Sendai", "Hiroshima", "Kyoto");

    /** Fills the rest of a page. */
    abstract void fill(ByteBuffer page, RandomGenerator random);

    private static String row(int key, RandomGenerator random) {
        return "|order=" + key + "|date=2026-11-" + (10 + random.nextInt(20)) + "|customer="
                + (100_000 + random.nextInt(900_000)) + "|place=" + any(PLACES, random) + "|amount="
                + random.nextInt(1000) + ".00|state=" + any(STATES, random) + "|";
    }

    private static String any(List<String> of, RandomGenerator random) {
        return of.get(random.nextInt(of.size()));
    }
}
