// Reads tar archives with Go's archive/tar, as the reference's builder does, and prints what a zTOC would record of each.
//
// Input: archives one after the other, each preceded by its length (u32, little-endian). Output: one JSON line for each.
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"time"
)

type entry struct {
	Name, Link, User, Group, Type, Time string
	Offset                              int64
	Size, Mode                          string
	Uid, Gid                            uint32
	Major, Minor                        string
	Records                             [][2]string
}

type archive struct {
	Entries []entry
	End     int64
	Error   string
}

// The entry types that a zTOC can represent.
// https://github.com/awslabs/soci-snapshotter/blob/v0.14.0/ztoc/toc_builder.go
var types = map[byte]string{
	tar.TypeReg: "reg", tar.TypeLink: "hardlink", tar.TypeSymlink: "symlink", tar.TypeChar: "char",
	tar.TypeBlock: "block", tar.TypeDir: "dir", tar.TypeFifo: "fifo",
}

// countingReader is not an io.Seeker, so archive/tar reads what it skips, and the count is the offset of an entry's data.
type countingReader struct {
	reader io.Reader
	count  int64
}

func (counting *countingReader) Read(buffer []byte) (int, error) {
	count, err := counting.reader.Read(buffer)
	counting.count += int64(count)
	return count, err
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func read(content []byte) archive {
	counting := &countingReader{reader: bytes.NewReader(content)}
	reader := tar.NewReader(counting)
	found := archive{Entries: []entry{}}
	for {
		header, err := reader.Next()
		if err == io.EOF {
			found.End = counting.count
			return found
		}
		if err != nil {
			return archive{Error: err.Error()}
		}
		word, isKnown := types[header.Typeflag]
		if !isKnown {
			return archive{Error: fmt.Sprintf("type %q", header.Typeflag)}
		}
		records := [][2]string{}
		for key, value := range header.PAXRecords {
			records = append(records, [2]string{encode(key), encode(value)})
		}
		sort.Slice(records, func(a, b int) bool {
			left, _ := base64.StdEncoding.DecodeString(records[a][0])
			right, _ := base64.StdEncoding.DecodeString(records[b][0])
			return string(left) < string(right)
		})
		modified := ""
		if text, err := header.ModTime.UTC().MarshalText(); err == nil {
			modified = string(text)
		}
		found.Entries = append(found.Entries, entry{
			Name: encode(header.Name), Link: encode(header.Linkname), User: encode(header.Uname), Group: encode(header.Gname),
			Type: word, Time: modified, Offset: counting.count, Size: fmt.Sprint(header.Size), Mode: fmt.Sprint(header.Mode),
			Uid: uint32(header.Uid), Gid: uint32(header.Gid), Major: fmt.Sprint(header.Devmajor), Minor: fmt.Sprint(header.Devminor),
			Records: records,
		})
	}
}

func main() {
	time.Local = time.UTC
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	encoder := json.NewEncoder(output)
	for {
		var length uint32
		if err := binary.Read(input, binary.LittleEndian, &length); err == io.EOF {
			return
		} else if err != nil {
			panic(err)
		}
		content := make([]byte, length)
		if _, err := io.ReadFull(input, content); err != nil {
			panic(err)
		}
		if err := encoder.Encode(read(content)); err != nil {
			panic(err)
		}
	}
}
