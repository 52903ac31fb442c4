// Memory that is kept from blend to blend: fresh pages cost more than the work on them.
#pragma once
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "vec.hpp"

// Hands out vectors, aligned to their size, until it ends; not zeroed.
class Arena {
public:
    V* take(size_t vectors) {
        while (block < blocks.size() && used + vectors > blocks[block].size) ++block, used = 0;
        if (block == blocks.size()) add(vectors > SMALLEST ? vectors : SMALLEST);
        V* found = blocks[block].first + used;
        used += vectors;
        return found;
    }
    V* zeroed(size_t vectors) {
        V* found = take(vectors);
        std::memset(static_cast<void*>(found), 0, vectors * sizeof(V));
        return found;
    }
    void reuse() { block = used = 0; }
    size_t bytes() const {
        size_t sum = 0;
        for (auto& each : blocks) sum += each.size * sizeof(V);
        return sum;
    }

private:
    static constexpr size_t SMALLEST = (size_t(1) << 18) / sizeof(V);
    struct Free {
        void operator()(void* p) const { std::free(p); }
    };
    struct Piece {
        std::unique_ptr<void, Free> memory;
        V* first;
        size_t size;
    };
    std::vector<Piece> blocks;
    size_t block = 0, used = 0;

    void add(size_t vectors) {
        std::unique_ptr<void, Free> memory(std::malloc((vectors + 1) * sizeof(V)));
        if (!memory) throw std::bad_alloc();
        auto place = (reinterpret_cast<uintptr_t>(memory.get()) + sizeof(V) - 1) / sizeof(V);
        blocks.push_back({std::move(memory), reinterpret_cast<V*>(place * sizeof(V)), vectors});
        used = 0;
    }
};

// Arenas of finished blends, for the next ones; large ones are given back to the system.
class Arenas {
public:
    std::unique_ptr<Arena> take() {
        std::lock_guard<std::mutex> hold(lock);
        if (idle.empty()) return std::make_unique<Arena>();
        auto found = std::move(idle.back());
        idle.pop_back();
        return found;
    }
    void keep(std::unique_ptr<Arena> arena) {
        std::lock_guard<std::mutex> hold(lock);
        arena->reuse();
        if (idle.size() < MOST && arena->bytes() <= LARGEST) idle.push_back(std::move(arena));
    }

private:
    static constexpr size_t MOST = 4, LARGEST = size_t(1) << 30;
    std::mutex lock;
    std::vector<std::unique_ptr<Arena>> idle;
};
