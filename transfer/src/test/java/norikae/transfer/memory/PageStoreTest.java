package norikae.transfer.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import norikae.linux.PageFile;
import norikae.linux.ProcessMemory.Range;
import norikae.transfer.PageSpace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PageStoreTest {

    private static final int PAGE = 4096;
    private static final PageSpace SPACE = PageSpace.stored(7);
    private static final long BASE = 0x7f12_3456_7000L;

    private final PageStore store = new PageStore("test", 100 * PAGE);

    @AfterEach
    void free() {
        store.close();
    }

    @Test
    void theLaterContentOfAPageStays() throws IOException {
        store.put(SPACE, BASE, pages(3, 1));
        store.put(SPACE, BASE + PAGE, pages(1, 9));
        assertThat(content(store.space(7), BASE)).isEqualTo((byte) 1);
        assertThat(content(store.space(7), BASE + PAGE)).isEqualTo((byte) 9);
        assertThat(store.bytes()).isEqualTo(3 * PAGE);
    }

    @Test
    void whatIsDiscardedReadsAsZeroAndTakesNoRoom() throws IOException {
        store.put(SPACE, BASE, pages(4, 1));
        store.discard(SPACE, BASE + PAGE, 2);
        assertThat(content(store.space(7), BASE + PAGE)).isZero();
        assertThat(store.space(7).at(BASE + PAGE, PAGE)).isNull();
        assertThat(store.bytes()).isEqualTo(2 * PAGE);
        assertThat(store.space(7).gap(BASE + PAGE, 100 * PAGE)).isEqualTo(2 * PAGE);
    }

    @Test
    void moreThanWasAgreedIsRefused() throws IOException {
        store.put(SPACE, BASE, pages(100, 1));
        store.put(SPACE, BASE, pages(100, 2)); // no more than there was
        assertThatThrownBy(() -> store.put(PageSpace.stored(8), BASE, pages(1, 1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("outgrew");
    }

    @Test
    void whatIsPromisedIsMissingUntilItComesAndOnlyThen() throws IOException {
        store.put(SPACE, BASE, pages(4, 1));
        store.promise(SPACE, BASE + PAGE, 2);
        StoredSpace space = store.space(7);
        assertThat(space.promises(BASE + PAGE)).isTrue();
        assertThat(space.at(BASE + PAGE, PAGE)).as("what is overtaken").isNull();
        assertThat(space.gap(BASE + PAGE, 100 * PAGE))
                .as("nobody may take it for zeros")
                .isZero();
        assertThat(space.arrived(BASE, pages(4, 5))).containsExactly(new Range(BASE + PAGE, BASE + 3 * PAGE));
        assertThat(content(space, BASE)).as("what was not promised").isEqualTo((byte) 1);
        assertThat(content(space, BASE + PAGE)).isEqualTo((byte) 5);
        assertThat(space.promises(BASE + PAGE)).isFalse();
        assertThat(space.arrived(BASE, pages(4, 6))).as("a second time").isEmpty();
    }

    @Test
    void aPromiseThatNobodyWantsAnyMoreIsForgotten() throws IOException {
        store.promise(SPACE, BASE, 4);
        store.discard(SPACE, BASE, 3);
        StoredSpace space = store.space(7);
        assertThat(space.arrived(BASE, pages(4, 1))).containsExactly(new Range(BASE + 3 * PAGE, BASE + 4 * PAGE));
        assertThat(space.at(BASE, PAGE)).isNull();
    }

    @Test
    void whoTakesThePagesOverKnowsThePromises() throws IOException {
        store.put(SPACE, BASE, pages(2, 1));
        store.promise(SPACE, BASE + 2 * PAGE, 100_000);
        StoredSpace before = store.space(7);
        before.arrived(BASE + 2 * PAGE, pages(1, 2));
        StoredSpace after =
                StoredSpace.adopt(7, 7, PageFile.of(before.file().descriptor().duplicate(3)));
        assertThat(after.promised())
                .containsExactly(new Range(BASE + 3 * PAGE, BASE + 100_002L * PAGE))
                .isEqualTo(before.promised());
        assertThat(after.at(BASE, 10 * PAGE)).isEqualTo(new Range(BASE, BASE + 3 * PAGE));
        after.close();
    }

    @Test
    void whatCameLastIsPutInFirst() throws IOException {
        store.put(SPACE, BASE, pages(20, 1));
        store.put(SPACE, BASE + 5 * PAGE, pages(2, 2));
        StoredSpace space = store.space(7);
        assertThat(space.claim(16 * PAGE)).isEqualTo(new Range(BASE + 5 * PAGE, BASE + 7 * PAGE));
    }

    @Test
    void nothingIsPutInTwiceAndNothingIsForgotten() throws IOException {
        store.put(SPACE, BASE, pages(20, 1));
        store.put(SPACE, BASE + 5 * PAGE, pages(2, 2));
        store.put(SPACE, BASE + 40 * PAGE, pages(3, 3));
        StoredSpace space = store.space(7);
        RangeSet filled = new RangeSet();
        for (Range next = space.claim(4 * PAGE); next != null; next = space.claim(4 * PAGE)) {
            assertThat(filled.within(next)).isEmpty();
            filled.add(next);
            space.used(next);
        }
        assertThat(filled.ranges())
                .containsExactly(new Range(BASE, BASE + 20 * PAGE), new Range(BASE + 40 * PAGE, BASE + 43 * PAGE));
        assertThat(space.isEmpty()).isTrue();
    }

    @Test
    void aMovedMappingTakesItsPagesWithIt() throws IOException {
        store.put(SPACE, BASE, pages(4, 5));
        long to = BASE + 1000L * PAGE;
        StoredSpace space = store.space(7);
        space.move(new Range(BASE, BASE + 3 * PAGE), to);
        assertThat(content(space, to + 2 * PAGE)).isEqualTo((byte) 5);
        assertThat(space.at(BASE, PAGE)).isNull();
        assertThat(space.at(BASE + 3 * PAGE, PAGE)).isNotNull();
        assertThat(space.at(to, 10 * PAGE)).isEqualTo(new Range(to, to + 3 * PAGE));
    }

    @Test
    void aChildKeepsWhatItsParentHasUsed() throws IOException {
        store.put(SPACE, BASE, pages(2, 5));
        StoredSpace parent = store.space(7);
        try (StoredSpace child = parent.fork("child", -1)) {
            parent.used(new Range(BASE, BASE + 2 * PAGE));
            assertThat(parent.isEmpty()).isTrue();
            assertThat(child.at(BASE, 2 * PAGE)).isEqualTo(new Range(BASE, BASE + 2 * PAGE));
            assertThat(content(child, BASE + PAGE)).isEqualTo((byte) 5);
        }
    }

    @Test
    void aParentThatMovesItsMappingDoesNotMoveItsChilds() throws IOException {
        store.put(SPACE, BASE, pages(1, 5));
        store.put(SPACE, BASE + 100 * PAGE, pages(1, 6));
        StoredSpace parent = store.space(7);
        try (StoredSpace child = parent.fork("child", -1)) {
            parent.move(new Range(BASE, BASE + PAGE), BASE + 100 * PAGE);
            assertThat(content(parent, BASE + 100 * PAGE)).isEqualTo((byte) 5);
            assertThat(content(child, BASE + 100 * PAGE)).isEqualTo((byte) 6);
            assertThat(content(child, BASE)).isEqualTo((byte) 5);
        }
    }

    @Test
    void whoeverComesLaterFindsExactlyWhatIsLeft() throws IOException {
        store.put(SPACE, BASE, pages(8, 5));
        StoredSpace space = store.space(7);
        space.used(new Range(BASE + 2 * PAGE, BASE + 5 * PAGE));
        try (StoredSpace heir =
                StoredSpace.adopt(7, 7, PageFile.of(space.file().descriptor().duplicate(3)))) {
            assertThat(heir.bytes()).isEqualTo(5 * PAGE);
            assertThat(heir.at(BASE + 2 * PAGE, PAGE)).isNull();
            assertThat(heir.at(BASE + 5 * PAGE, 9 * PAGE)).isEqualTo(new Range(BASE + 5 * PAGE, BASE + 8 * PAGE));
        }
    }

    private static byte content(StoredSpace space, long address) throws IOException {
        ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
        space.file().read(address, page);
        return page.get(17);
    }

    private static ByteBuffer pages(int count, int content) {
        ByteBuffer data = ByteBuffer.allocateDirect(count * PAGE);
        while (data.hasRemaining()) {
            data.put((byte) content);
        }
        return data.flip();
    }
}
